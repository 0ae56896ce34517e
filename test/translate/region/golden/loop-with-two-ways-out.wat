;; 1: ldr x2, [x0], #8
;; cbz x2, 2f
;; cmp x2, x1
;; b.ne 1b
;; mov x0, #1
;; ret
;; 2: mov x0, #0
;; ret

(func (param i64 i32) (result i64)
(local i32 i32)
(local i64 i64 i64 i64 i64)
(local i32)
(local i64 i64 i64)
(local i32)
(local i64 i64)
(local i32)
(local i64)
i32.const 0 i32.load offset=1376 (; dataTlb ;) local.set 3
i32.const 0 i64.load offset=1024 (; x0 ;) local.set 5
i32.const 0 i64.load offset=1040 (; x2 ;) local.set 6
i32.const 0 i64.load offset=1264 (; x30 ;) local.set 7
i32.const 0 i64.load offset=1032 (; x1 ;) local.set 8
i32.const 0 i32.load offset=1496 (; lazyKind ;) local.set 9
i32.const 0 i64.load offset=1504 (; lazyLeft ;) local.set 10
i32.const 0 i64.load offset=1512 (; lazyRight ;) local.set 11
block $1
  loop $2
    local.get 1 i32.const 6 i32.lt_s if $3 ;; unlikely
      i32.const 1 local.set 2
      br $1
    end
    local.get 5 local.set 12
    local.get 12 local.tee 15 i64.const 7 i64.shr_u i32.wrap_i64 i32.const 32736 i32.and local.get 3 i32.add local.tee 16 i64.load local.get 15 i64.const 7 i64.add i64.const -4096 i64.and i64.ne if $3 ;; unlikely
      i32.const 1 local.set 2
      br $1
    end
    local.get 15 i32.wrap_i64 local.get 16 i32.load offset=16 i32.add local.set 13
    local.get 13 i64.load local.set 17
    local.get 17 local.set 14
    local.get 14 local.set 6
    local.get 12 i64.const 8 i64.add local.set 5
    local.get 6 local.set 17
    local.get 17 i64.eqz if $3
      i64.const 0 local.set 5
      local.get 7 local.set 17
      local.get 17 local.tee 4 i32.wrap_i64 i32.const 3 i32.and if $4 ;; unlikely
        i32.const 0 local.get 4 i64.store offset=1448 (; exitPayload ;)
        i32.const 262373 local.set 2
        br $1
      end
      local.get 4 i32.const 0 local.get 5 i64.store offset=1024 (; x0 ;)
      i32.const 0 local.get 6 i64.store offset=1040 (; x2 ;)
      i32.const 0 local.get 9 i32.store offset=1496 (; lazyKind ;)
      i32.const 0 local.get 10 i64.store offset=1504 (; lazyLeft ;)
      i32.const 0 local.get 11 i64.store offset=1512 (; lazyRight ;)
      i32.const 0 local.get 1 i32.const 4 i32.sub i32.store offset=1432 (; remaining ;)
      return
    else
      local.get 6 local.set 17
      local.get 8 local.set 15
      local.get 17 local.get 15 i64.sub local.set 14
      local.get 17 local.set 10
      local.get 15 local.set 11
      i32.const 1 local.set 9
      local.get 14 drop
      local.get 10 local.get 11 i64.ne local.set 16
      local.get 16 if $4
        local.get 1 i32.const 4 i32.sub local.set 1
        br $2
      else
        i64.const 1 local.set 5
        local.get 7 local.set 14
        local.get 14 local.tee 4 i32.wrap_i64 i32.const 3 i32.and if $5 ;; unlikely
          i32.const 0 local.get 4 i64.store offset=1448 (; exitPayload ;)
          i32.const 393381 local.set 2
          br $1
        end
        local.get 4 i32.const 0 local.get 5 i64.store offset=1024 (; x0 ;)
        i32.const 0 local.get 6 i64.store offset=1040 (; x2 ;)
        i32.const 0 local.get 9 i32.store offset=1496 (; lazyKind ;)
        i32.const 0 local.get 10 i64.store offset=1504 (; lazyLeft ;)
        i32.const 0 local.get 11 i64.store offset=1512 (; lazyRight ;)
        i32.const 0 local.get 1 i32.const 6 i32.sub i32.store offset=1432 (; remaining ;)
        return
      end
      unreachable
    end
    unreachable
  end
  unreachable
end
local.get 1 local.get 2 i32.const 16 i32.shr_u i32.sub local.set 1
i32.const 0 local.get 5 i64.store offset=1024 (; x0 ;)
i32.const 0 local.get 6 i64.store offset=1040 (; x2 ;)
i32.const 0 local.get 9 i32.store offset=1496 (; lazyKind ;)
i32.const 0 local.get 10 i64.store offset=1504 (; lazyLeft ;)
i32.const 0 local.get 11 i64.store offset=1512 (; lazyRight ;)
i32.const 0 local.get 1 i32.store offset=1432 (; remaining ;)
local.get 2 i32.const 65535 i32.and i64.extend_i32_u
)
