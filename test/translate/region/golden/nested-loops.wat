;; mov x2, #0
;; 1: mov x3, #0
;; 2: add x0, x0, x3
;; add x3, x3, #1
;; cmp x3, x1
;; b.lo 2b
;; add x2, x2, #1
;; cmp x2, x1
;; b.lo 1b
;; ret

(func (param i64 i32) (result i64)
(local i32 i32)
(local i64 i64 i64 i64 i64)
(local i32)
(local i64 i64 i64 i64 i64 i64)
(local i32)
i32.const 0 i32.load offset=1376 (; dataTlb ;) local.set 3
i32.const 0 i64.load offset=1040 (; x2 ;) local.set 5
i32.const 0 i64.load offset=1024 (; x0 ;) local.set 6
i32.const 0 i64.load offset=1048 (; x3 ;) local.set 7
i32.const 0 i64.load offset=1032 (; x1 ;) local.set 8
i32.const 0 i64.load offset=1264 (; x30 ;) local.set 12
i32.const 0 i32.load offset=1496 (; lazyKind ;) local.set 9
i32.const 0 i64.load offset=1504 (; lazyLeft ;) local.set 10
i32.const 0 i64.load offset=1512 (; lazyRight ;) local.set 11
block $1
  local.get 1 i32.const 1 i32.lt_s if $2 ;; unlikely
    i32.const 1 local.set 2
    br $1
  end
  i64.const 0 local.set 5
  local.get 1 i32.const 1 i32.sub local.set 1
  loop $2
    local.get 1 i32.const 1 i32.lt_s if $3 ;; unlikely
      i32.const 33 local.set 2
      br $1
    end
    i64.const 0 local.set 7
    local.get 1 i32.const 1 i32.sub local.set 1
    loop $3
      local.get 1 i32.const 8 i32.lt_s if $4 ;; unlikely
        i32.const 65 local.set 2
        br $1
      end
      local.get 6 local.set 13
      local.get 7 local.set 14
      local.get 13 local.get 14 i64.add local.set 6
      local.get 7 local.set 14
      local.get 14 i64.const 1 i64.add local.set 7
      local.get 7 local.set 14
      local.get 8 local.set 13
      local.get 14 local.get 13 i64.sub local.set 15
      local.get 14 local.set 10
      local.get 13 local.set 11
      i32.const 1 local.set 9
      local.get 15 drop
      local.get 10 local.get 11 i64.lt_u local.set 16
      local.get 16 if $4
        local.get 1 i32.const 4 i32.sub local.set 1
        br $3
      else
        local.get 5 local.set 15
        local.get 15 i64.const 1 i64.add local.set 5
        local.get 5 local.set 15
        local.get 8 local.set 13
        local.get 15 local.get 13 i64.sub local.set 14
        local.get 15 local.set 10
        local.get 13 local.set 11
        i32.const 1 local.set 9
        local.get 14 drop
        local.get 10 local.get 11 i64.lt_u local.set 16
        local.get 16 if $5
          local.get 1 i32.const 7 i32.sub local.set 1
          br $2
        else
          local.get 12 local.set 14
          local.get 14 local.tee 4 i32.wrap_i64 i32.const 3 i32.and if $6 ;; unlikely
            i32.const 0 local.get 4 i64.store offset=1448 (; exitPayload ;)
            i32.const 524581 local.set 2
            br $1
          end
          local.get 4 i32.const 0 local.get 5 i64.store offset=1040 (; x2 ;)
          i32.const 0 local.get 6 i64.store offset=1024 (; x0 ;)
          i32.const 0 local.get 7 i64.store offset=1048 (; x3 ;)
          i32.const 0 local.get 9 i32.store offset=1496 (; lazyKind ;)
          i32.const 0 local.get 10 i64.store offset=1504 (; lazyLeft ;)
          i32.const 0 local.get 11 i64.store offset=1512 (; lazyRight ;)
          i32.const 0 local.get 1 i32.const 8 i32.sub i32.store offset=1432 (; remaining ;)
          return
        end
        unreachable
      end
      unreachable
    end
  end
  unreachable
end
local.get 1 local.get 2 i32.const 16 i32.shr_u i32.sub local.set 1
i32.const 0 local.get 5 i64.store offset=1040 (; x2 ;)
i32.const 0 local.get 6 i64.store offset=1024 (; x0 ;)
i32.const 0 local.get 7 i64.store offset=1048 (; x3 ;)
i32.const 0 local.get 9 i32.store offset=1496 (; lazyKind ;)
i32.const 0 local.get 10 i64.store offset=1504 (; lazyLeft ;)
i32.const 0 local.get 11 i64.store offset=1512 (; lazyRight ;)
i32.const 0 local.get 1 i32.store offset=1432 (; remaining ;)
local.get 2 i32.const 65535 i32.and i64.extend_i32_u
)
