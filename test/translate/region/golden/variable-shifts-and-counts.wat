;; lsl x0, x1, x2
;; asr w3, w4, w5
;; ror x6, x7, x8
;; clz w9, w10
;; rbit x11, x12
;; rev w13, w14
;; ret

(func (param i64 i32) (result i64)
(local i32 i32)
(local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
(local i32 i32)
(local i64 i64 i64)
i32.const 0 i32.load offset=1376 (; dataTlb ;) local.set 3
i32.const 0 i64.load offset=1032 (; x1 ;) local.set 5
i32.const 0 i64.load offset=1040 (; x2 ;) local.set 6
i32.const 0 i64.load offset=1024 (; x0 ;) local.set 7
i32.const 0 i64.load offset=1056 (; x4 ;) local.set 8
i32.const 0 i64.load offset=1064 (; x5 ;) local.set 9
i32.const 0 i64.load offset=1048 (; x3 ;) local.set 10
i32.const 0 i64.load offset=1080 (; x7 ;) local.set 11
i32.const 0 i64.load offset=1088 (; x8 ;) local.set 12
i32.const 0 i64.load offset=1072 (; x6 ;) local.set 13
i32.const 0 i64.load offset=1104 (; x10 ;) local.set 14
i32.const 0 i64.load offset=1096 (; x9 ;) local.set 15
i32.const 0 i64.load offset=1120 (; x12 ;) local.set 16
i32.const 0 i64.load offset=1112 (; x11 ;) local.set 17
i32.const 0 i64.load offset=1136 (; x14 ;) local.set 18
i32.const 0 i64.load offset=1128 (; x13 ;) local.set 19
i32.const 0 i64.load offset=1264 (; x30 ;) local.set 20
block $1
  local.get 1 i32.const 7 i32.lt_s if $2 ;; unlikely
    i32.const 1 local.set 2
    br $1
  end
  local.get 5 local.set 21
  local.get 6 local.set 22
  local.get 21 local.get 22 i64.shl local.set 7
  local.get 8 i32.wrap_i64 local.set 23
  local.get 9 i32.wrap_i64 local.set 24
  local.get 23 local.get 24 i32.shr_s i64.extend_i32_u local.set 10
  local.get 11 local.set 22
  local.get 12 local.set 21
  local.get 22 local.get 21 i64.rotr local.set 13
  local.get 14 i32.wrap_i64 local.set 24
  local.get 24 i32.clz i64.extend_i32_u local.set 15
  local.get 16 local.set 21
  local.get 21 i64.const 0x5555555555555555 i64.and i64.const 1 i64.shl local.get 21 i64.const 1 i64.shr_u i64.const 0x5555555555555555 i64.and i64.or local.set 22
  local.get 22 i64.const 0x3333333333333333 i64.and i64.const 2 i64.shl local.get 22 i64.const 2 i64.shr_u i64.const 0x3333333333333333 i64.and i64.or local.set 25
  local.get 25 i64.const 0xf0f0f0f0f0f0f0f i64.and i64.const 4 i64.shl local.get 25 i64.const 4 i64.shr_u i64.const 0xf0f0f0f0f0f0f0f i64.and i64.or local.set 26
  local.get 26 i64.const 0xff00ff00ff00ff i64.and i64.const 8 i64.shl local.get 26 i64.const 8 i64.shr_u i64.const 0xff00ff00ff00ff i64.and i64.or local.set 27
  local.get 27 i64.const 0xffff0000ffff i64.and i64.const 16 i64.shl local.get 27 i64.const 16 i64.shr_u i64.const 0xffff0000ffff i64.and i64.or i64.const 32 i64.rotr local.set 17
  local.get 18 i32.wrap_i64 local.set 24
  local.get 24 i32.const 8 i32.rotr i32.const -16711936 i32.and local.get 24 i32.const 24 i32.rotr i32.const 16711935 i32.and i32.or i64.extend_i32_u local.set 19
  local.get 20 local.set 27
  local.get 27 local.tee 4 i32.wrap_i64 i32.const 3 i32.and if $2 ;; unlikely
    i32.const 0 local.get 4 i64.store offset=1448 (; exitPayload ;)
    i32.const 458949 local.set 2
    br $1
  end
  local.get 4 i32.const 0 local.get 7 i64.store offset=1024 (; x0 ;)
  i32.const 0 local.get 10 i64.store offset=1048 (; x3 ;)
  i32.const 0 local.get 13 i64.store offset=1072 (; x6 ;)
  i32.const 0 local.get 15 i64.store offset=1096 (; x9 ;)
  i32.const 0 local.get 17 i64.store offset=1112 (; x11 ;)
  i32.const 0 local.get 19 i64.store offset=1128 (; x13 ;)
  i32.const 0 local.get 1 i32.const 7 i32.sub i32.store offset=1432 (; remaining ;)
  return
  unreachable
end
local.get 1 local.get 2 i32.const 16 i32.shr_u i32.sub local.set 1
i32.const 0 local.get 7 i64.store offset=1024 (; x0 ;)
i32.const 0 local.get 10 i64.store offset=1048 (; x3 ;)
i32.const 0 local.get 13 i64.store offset=1072 (; x6 ;)
i32.const 0 local.get 15 i64.store offset=1096 (; x9 ;)
i32.const 0 local.get 17 i64.store offset=1112 (; x11 ;)
i32.const 0 local.get 19 i64.store offset=1128 (; x13 ;)
i32.const 0 local.get 1 i32.store offset=1432 (; remaining ;)
local.get 2 i32.const 65535 i32.and i64.extend_i32_u
)
