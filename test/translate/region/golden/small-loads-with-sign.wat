;; ldrsb x0, [x1]
;; ldrsh w2, [x1, #2]
;; ldrb w3, [x1, x4]
;; ldrsw x5, [x1, w6, sxtw #2]
;; ret

(func (param i64 i32) (result i64)
(local i32 i32)
(local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
(local i32)
(local i64 i64)
(local i32)
(local i64)
(local i32 i32)
i32.const 0 i32.load offset=1376 (; dataTlb ;) local.set 3
i32.const 0 i64.load offset=1032 (; x1 ;) local.set 5
i32.const 0 i64.load offset=1024 (; x0 ;) local.set 6
i32.const 0 i64.load offset=1040 (; x2 ;) local.set 7
i32.const 0 i64.load offset=1056 (; x4 ;) local.set 8
i32.const 0 i64.load offset=1048 (; x3 ;) local.set 9
i32.const 0 i64.load offset=1072 (; x6 ;) local.set 10
i32.const 0 i64.load offset=1064 (; x5 ;) local.set 11
i32.const 0 i64.load offset=1264 (; x30 ;) local.set 12
block $1
  local.get 1 i32.const 5 i32.lt_s if $2 ;; unlikely
    i32.const 1 local.set 2
    br $1
  end
  local.get 5 local.set 13
  local.get 13 i64.const 0 i64.add local.tee 16 i64.const 7 i64.shr_u i32.wrap_i64 i32.const 32736 i32.and local.get 3 i32.add local.tee 17 i64.load local.get 16 i64.const -4096 i64.and i64.ne if $2 ;; unlikely
    i32.const 1 local.set 2
    br $1
  end
  local.get 16 i32.wrap_i64 local.get 17 i32.load offset=16 i32.add local.set 14
  local.get 14 i64.load8_s local.set 18
  local.get 18 local.set 15
  local.get 15 local.set 6
  local.get 5 local.set 18
  local.get 18 i64.const 2 i64.add local.tee 16 i64.const 7 i64.shr_u i32.wrap_i64 i32.const 32736 i32.and local.get 3 i32.add local.tee 19 i64.load local.get 16 i64.const 1 i64.add i64.const -4096 i64.and i64.ne if $2 ;; unlikely
    i32.const 65569 local.set 2
    br $1
  end
  local.get 16 i32.wrap_i64 local.get 19 i32.load offset=16 i32.add local.set 17
  local.get 17 i32.load16_s local.set 20
  local.get 20 local.set 14
  local.get 14 i64.extend_i32_u local.set 7
  local.get 8 local.set 16
  local.get 5 local.set 18
  local.get 18 local.get 16 i64.const 0 i64.shl i64.add local.tee 15 i64.const 7 i64.shr_u i32.wrap_i64 i32.const 32736 i32.and local.get 3 i32.add local.tee 14 i64.load local.get 15 i64.const -4096 i64.and i64.ne if $2 ;; unlikely
    i32.const 131137 local.set 2
    br $1
  end
  local.get 15 i32.wrap_i64 local.get 14 i32.load offset=16 i32.add local.set 20
  local.get 20 i32.load8_u local.set 17
  local.get 17 local.set 19
  local.get 19 i64.extend_i32_u local.set 9
  local.get 10 i32.wrap_i64 local.set 17
  local.get 5 local.set 15
  local.get 15 local.get 17 i64.extend_i32_s i64.const 2 i64.shl i64.add local.tee 16 i64.const 7 i64.shr_u i32.wrap_i64 i32.const 32736 i32.and local.get 3 i32.add local.tee 19 i64.load local.get 16 i64.const 3 i64.add i64.const -4096 i64.and i64.ne if $2 ;; unlikely
    i32.const 196705 local.set 2
    br $1
  end
  local.get 16 i32.wrap_i64 local.get 19 i32.load offset=16 i32.add local.set 14
  local.get 14 i64.load32_s local.set 13
  local.get 13 local.set 18
  local.get 18 local.set 11
  local.get 12 local.set 13
  local.get 13 local.tee 4 i32.wrap_i64 i32.const 3 i32.and if $2 ;; unlikely
    i32.const 0 local.get 4 i64.store offset=1448 (; exitPayload ;)
    i32.const 327813 local.set 2
    br $1
  end
  local.get 4 i32.const 0 local.get 6 i64.store offset=1024 (; x0 ;)
  i32.const 0 local.get 7 i64.store offset=1040 (; x2 ;)
  i32.const 0 local.get 9 i64.store offset=1048 (; x3 ;)
  i32.const 0 local.get 11 i64.store offset=1064 (; x5 ;)
  i32.const 0 local.get 1 i32.const 5 i32.sub i32.store offset=1432 (; remaining ;)
  return
  unreachable
end
local.get 1 local.get 2 i32.const 16 i32.shr_u i32.sub local.set 1
i32.const 0 local.get 6 i64.store offset=1024 (; x0 ;)
i32.const 0 local.get 7 i64.store offset=1040 (; x2 ;)
i32.const 0 local.get 9 i64.store offset=1048 (; x3 ;)
i32.const 0 local.get 11 i64.store offset=1064 (; x5 ;)
i32.const 0 local.get 1 i32.store offset=1432 (; remaining ;)
local.get 2 i32.const 65535 i32.and i64.extend_i32_u
)
