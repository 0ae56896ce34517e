;; umov w0, v1.b[3]
;; ins v2.s[1], w3
;; dup v4.4s, w5
;; addv b6, v7.16b
;; ret

(func (param i64 i32) (result i64)
(local i32 i32)
(local i64 i64 i64 i64 i64)
(local i32)
(local v128)
(local i32)
(local v128 v128 v128)
(local i64)
i32.const 0 i32.load offset=1376 (; dataTlb ;) local.set 3
i32.const 0 i64.load offset=1024 (; x0 ;) local.set 5
i32.const 0 i64.load offset=1048 (; x3 ;) local.set 6
i32.const 0 i64.load offset=1064 (; x5 ;) local.set 7
i32.const 0 i64.load offset=1264 (; x30 ;) local.set 8
block $1
  local.get 1 i32.const 5 i32.lt_s if $2 ;; unlikely
    i32.const 1 local.set 2
    br $1
  end
  i32.const 0 i32.load offset=1360 (; fpTrap ;) local.set 9
  local.get 9 if $2 ;; unlikely
    i32.const 0 i32.const 20 i32.store offset=1440 (; exitCode ;)
    i32.const 9 local.set 2
    br $1
  end
  i32.const 0 v128.load offset=1552 (; v1 ;) local.set 10
  local.get 10 v128.const i8x16 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 i32.const 3 i32.const 0 i32.shl i8x16.splat i8x16.add i8x16.swizzle i8x16.extract_lane_u 0 i64.extend_i32_u local.set 5
  i32.const 0 i32.load offset=1360 (; fpTrap ;) local.set 9
  local.get 9 if $2 ;; unlikely
    i32.const 0 i32.const 20 i32.store offset=1440 (; exitCode ;)
    i32.const 65577 local.set 2
    br $1
  end
  local.get 6 i32.wrap_i64 local.set 11
  i32.const 0 v128.load offset=1568 (; v2 ;) local.set 10
  i32.const 0 local.get 11 i32x4.splat local.get 10 v128.const i8x16 0x00 0x00 0x00 0x00 0x01 0x01 0x01 0x01 0x02 0x02 0x02 0x02 0x03 0x03 0x03 0x03 i32.const 1 i8x16.splat i8x16.eq v128.bitselect v128.store offset=1568 (; v2 ;)
  i32.const 0 i32.load offset=1360 (; fpTrap ;) local.set 11
  local.get 11 if $2 ;; unlikely
    i32.const 0 i32.const 20 i32.store offset=1440 (; exitCode ;)
    i32.const 131145 local.set 2
    br $1
  end
  local.get 7 i32.wrap_i64 local.set 9
  i32.const 0 local.get 9 i32x4.splat v128.store offset=1600 (; v4 ;)
  i32.const 0 i32.load offset=1360 (; fpTrap ;) local.set 9
  local.get 9 if $2 ;; unlikely
    i32.const 0 i32.const 20 i32.store offset=1440 (; exitCode ;)
    i32.const 196713 local.set 2
    br $1
  end
  i32.const 0 v128.load offset=1648 (; v7 ;) local.set 10
  local.get 10 local.get 10 local.get 10 i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 i8x16.add local.set 12
  local.get 12 local.get 12 local.get 12 i8x16.shuffle 4 5 6 7 8 9 10 11 12 13 14 15 0 1 2 3 i8x16.add local.set 13
  local.get 13 local.get 13 local.get 13 i8x16.shuffle 2 3 4 5 6 7 8 9 10 11 12 13 14 15 0 1 i8x16.add local.set 14
  i32.const 0 local.get 14 local.get 14 local.get 14 i8x16.shuffle 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 0 i8x16.add i8x16.extract_lane_u 0 i32.const 255 i32.and i64.extend_i32_u i64.store offset=1632 (; v6 ;)
  i32.const 0 i64.const 0 i64.store offset=1640 (; v6 + 8 ;)
  local.get 8 local.set 15
  local.get 15 local.tee 4 i32.wrap_i64 i32.const 3 i32.and if $2 ;; unlikely
    i32.const 0 local.get 4 i64.store offset=1448 (; exitPayload ;)
    i32.const 327813 local.set 2
    br $1
  end
  local.get 4 i32.const 0 local.get 5 i64.store offset=1024 (; x0 ;)
  i32.const 0 local.get 1 i32.const 5 i32.sub i32.store offset=1432 (; remaining ;)
  return
  unreachable
end
local.get 1 local.get 2 i32.const 16 i32.shr_u i32.sub local.set 1
i32.const 0 local.get 5 i64.store offset=1024 (; x0 ;)
i32.const 0 local.get 1 i32.store offset=1432 (; remaining ;)
local.get 2 i32.const 65535 i32.and i64.extend_i32_u
)
