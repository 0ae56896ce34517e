;; 1: ldxr w0, [x1]
;; add w0, w0, #1
;; stxr w2, w0, [x1]
;; cbnz w2, 1b
;; ret

(func (param i64 i32) (result i64)
(local i32 i32)
(local i64 i64 i64 i64 i64 i64)
(local i32 i32)
(local i64)
(local i32 i32 i32 i32 i32)
i32.const 0 i32.load offset=1376 (; dataTlb ;) local.set 3
i32.const 0 i64.load offset=1032 (; x1 ;) local.set 5
i32.const 0 i64.load offset=1024 (; x0 ;) local.set 6
i32.const 0 i64.load offset=1040 (; x2 ;) local.set 7
i32.const 0 i64.load offset=1264 (; x30 ;) local.set 8
block $1
  loop $2
    local.get 1 i32.const 5 i32.lt_s if $3 ;; unlikely
      i32.const 1 local.set 2
      br $1
    end
    local.get 5 local.set 9
    local.get 9 local.tee 12 i64.const 7 i64.shr_u i32.wrap_i64 i32.const 32736 i32.and local.get 3 i32.add local.tee 13 i64.load local.get 12 i64.const 3 i64.add i64.const -4096 i64.and local.get 12 i64.const 3 i64.and i64.or i64.ne if $3 ;; unlikely
      i32.const 1 local.set 2
      br $1
    end
    local.get 12 i32.wrap_i64 local.get 13 i32.load offset=16 i32.add local.set 10
    i32.const 0 local.get 10 i32.store offset=1400 (; exclusiveHost ;)
    i32.const 0 i32.const 4 i32.store offset=1408 (; exclusiveSize ;)
    local.get 10 i32.load local.set 14
    local.get 14 local.set 11
    local.get 11 i64.extend_i32_u local.set 6
    local.get 6 i32.wrap_i64 local.set 14
    local.get 14 i32.const 1 i32.add i64.extend_i32_u local.set 6
    local.get 6 i32.wrap_i64 local.set 14
    local.get 5 local.set 12
    local.get 12 local.tee 9 i64.const 7 i64.shr_u i32.wrap_i64 i32.const 32736 i32.and local.get 3 i32.add local.tee 10 i64.load offset=8 local.get 9 i64.const 3 i64.add i64.const -4096 i64.and local.get 9 i64.const 3 i64.and i64.or i64.ne if $3 ;; unlikely
      i32.const 131137 local.set 2
      br $1
    end
    local.get 9 i32.wrap_i64 local.get 10 i32.load offset=16 i32.add local.set 13
    i32.const 0 i32.load offset=1400 (; exclusiveHost ;) local.set 15
    i32.const 0 i32.load offset=1408 (; exclusiveSize ;) local.set 16
    local.get 15 local.get 13 i32.eq local.get 16 i32.const 4 i32.eq i32.and local.set 17
    i32.const 0 i32.const 0 i32.store offset=1400 (; exclusiveHost ;)
    local.get 17 if $3
      local.get 13 local.get 14 i32.store
    end
    local.get 17 i32.eqz local.set 11
    local.get 11 i64.extend_i32_u local.set 7
    local.get 7 i32.wrap_i64 local.set 17
    local.get 17 i32.const 0 i32.ne if $3
      local.get 1 i32.const 4 i32.sub local.set 1
      br $2
    else
      local.get 8 local.set 9
      local.get 9 local.tee 4 i32.wrap_i64 i32.const 3 i32.and if $4 ;; unlikely
        i32.const 0 local.get 4 i64.store offset=1448 (; exitPayload ;)
        i32.const 327813 local.set 2
        br $1
      end
      local.get 4 i32.const 0 local.get 6 i64.store offset=1024 (; x0 ;)
      i32.const 0 local.get 7 i64.store offset=1040 (; x2 ;)
      i32.const 0 local.get 1 i32.const 5 i32.sub i32.store offset=1432 (; remaining ;)
      return
    end
    unreachable
  end
  unreachable
end
local.get 1 local.get 2 i32.const 16 i32.shr_u i32.sub local.set 1
i32.const 0 local.get 6 i64.store offset=1024 (; x0 ;)
i32.const 0 local.get 7 i64.store offset=1040 (; x2 ;)
i32.const 0 local.get 1 i32.store offset=1432 (; remaining ;)
local.get 2 i32.const 65535 i32.and i64.extend_i32_u
)
