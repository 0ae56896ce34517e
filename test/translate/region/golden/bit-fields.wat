;; ubfx x0, x1, #4, #8
;; bfi w2, w3, #5, #6
;; sbfiz x4, x5, #8, #16
;; extr x6, x7, x8, #13
;; ret

(func (param i64 i32) (result i64)
(local i32 i32)
(local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
(local i32 i32)
(local i64)
i32.const 0 i32.load offset=1376 (; dataTlb ;) local.set 3
i32.const 0 i64.load offset=1032 (; x1 ;) local.set 5
i32.const 0 i64.load offset=1024 (; x0 ;) local.set 6
i32.const 0 i64.load offset=1048 (; x3 ;) local.set 7
i32.const 0 i64.load offset=1040 (; x2 ;) local.set 8
i32.const 0 i64.load offset=1064 (; x5 ;) local.set 9
i32.const 0 i64.load offset=1056 (; x4 ;) local.set 10
i32.const 0 i64.load offset=1088 (; x8 ;) local.set 11
i32.const 0 i64.load offset=1080 (; x7 ;) local.set 12
i32.const 0 i64.load offset=1072 (; x6 ;) local.set 13
i32.const 0 i64.load offset=1264 (; x30 ;) local.set 14
block $1
  local.get 1 i32.const 5 i32.lt_s if $2 ;; unlikely
    i32.const 1 local.set 2
    br $1
  end
  local.get 5 local.set 15
  local.get 15 i64.const 52 i64.shl i64.const 56 i64.shr_u local.set 6
  local.get 7 i32.wrap_i64 local.set 16
  local.get 8 i32.wrap_i64 local.set 17
  local.get 17 local.get 17 local.get 16 i32.const 5 i32.shl i32.xor i32.const -1 i32.const 26 i32.shr_u i32.const 5 i32.shl i32.and i32.xor i64.extend_i32_u local.set 8
  local.get 9 local.set 15
  local.get 15 i64.const 48 i64.shl i64.const 40 i64.shr_s local.set 10
  local.get 11 local.set 15
  local.get 12 local.set 18
  local.get 15 i64.const 13 i64.shr_u local.get 18 i64.const 51 i64.shl i64.or local.set 13
  local.get 14 local.set 18
  local.get 18 local.tee 4 i32.wrap_i64 i32.const 3 i32.and if $2 ;; unlikely
    i32.const 0 local.get 4 i64.store offset=1448 (; exitPayload ;)
    i32.const 327813 local.set 2
    br $1
  end
  local.get 4 i32.const 0 local.get 6 i64.store offset=1024 (; x0 ;)
  i32.const 0 local.get 8 i64.store offset=1040 (; x2 ;)
  i32.const 0 local.get 10 i64.store offset=1056 (; x4 ;)
  i32.const 0 local.get 13 i64.store offset=1072 (; x6 ;)
  i32.const 0 local.get 1 i32.const 5 i32.sub i32.store offset=1432 (; remaining ;)
  return
  unreachable
end
local.get 1 local.get 2 i32.const 16 i32.shr_u i32.sub local.set 1
i32.const 0 local.get 6 i64.store offset=1024 (; x0 ;)
i32.const 0 local.get 8 i64.store offset=1040 (; x2 ;)
i32.const 0 local.get 10 i64.store offset=1056 (; x4 ;)
i32.const 0 local.get 13 i64.store offset=1072 (; x6 ;)
i32.const 0 local.get 1 i32.store offset=1432 (; remaining ;)
local.get 2 i32.const 65535 i32.and i64.extend_i32_u
)
