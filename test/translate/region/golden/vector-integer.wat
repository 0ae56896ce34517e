;; add v0.4s, v1.4s, v2.4s
;; mul v3.8h, v4.8h, v5.8h
;; ushr v6.2d, v7.2d, #3
;; tbl v8.16b, {v9.16b}, v10.16b
;; ret

(func (param i64 i32) (result i64)
(local i32 i32)
(local i64 i64)
(local i32)
(local v128 v128 v128)
(local i64)
i32.const 0 i32.load offset=1376 (; dataTlb ;) local.set 3
i32.const 0 i64.load offset=1264 (; x30 ;) local.set 5
block $1
  local.get 1 i32.const 5 i32.lt_s if $2 ;; unlikely
    i32.const 1 local.set 2
    br $1
  end
  i32.const 0 i32.load offset=1360 (; fpTrap ;) local.set 6
  local.get 6 if $2 ;; unlikely
    i32.const 0 i32.const 20 i32.store offset=1440 (; exitCode ;)
    i32.const 9 local.set 2
    br $1
  end
  i32.const 0 v128.load offset=1552 (; v1 ;) local.set 7
  i32.const 0 v128.load offset=1568 (; v2 ;) local.set 8
  i32.const 0 v128.load offset=1536 (; v0 ;) local.set 9
  i32.const 0 local.get 7 local.get 8 i32x4.add v128.store offset=1536 (; v0 ;)
  i32.const 0 i32.load offset=1360 (; fpTrap ;) local.set 6
  local.get 6 if $2 ;; unlikely
    i32.const 0 i32.const 20 i32.store offset=1440 (; exitCode ;)
    i32.const 65577 local.set 2
    br $1
  end
  i32.const 0 v128.load offset=1600 (; v4 ;) local.set 9
  i32.const 0 v128.load offset=1616 (; v5 ;) local.set 8
  i32.const 0 v128.load offset=1584 (; v3 ;) local.set 7
  i32.const 0 local.get 9 local.get 8 i16x8.mul v128.store offset=1584 (; v3 ;)
  i32.const 0 i32.load offset=1360 (; fpTrap ;) local.set 6
  local.get 6 if $2 ;; unlikely
    i32.const 0 i32.const 20 i32.store offset=1440 (; exitCode ;)
    i32.const 131145 local.set 2
    br $1
  end
  i32.const 0 v128.load offset=1648 (; v7 ;) local.set 7
  i32.const 0 v128.load offset=1632 (; v6 ;) local.set 8
  i32.const 0 local.get 7 i32.const 3 i32.const 1 i32.sub i64x2.shr_u i32.const 1 i64x2.shr_u v128.store offset=1632 (; v6 ;)
  i32.const 0 i32.load offset=1360 (; fpTrap ;) local.set 6
  local.get 6 if $2 ;; unlikely
    i32.const 0 i32.const 20 i32.store offset=1440 (; exitCode ;)
    i32.const 196713 local.set 2
    br $1
  end
  i32.const 0 v128.load offset=1696 (; v10 ;) local.set 8
  i32.const 0 v128.load offset=1680 (; v9 ;) local.set 7
  i32.const 0 local.get 7 local.get 8 i8x16.swizzle v128.store offset=1664 (; v8 ;)
  local.get 5 local.set 10
  local.get 10 local.tee 4 i32.wrap_i64 i32.const 3 i32.and if $2 ;; unlikely
    i32.const 0 local.get 4 i64.store offset=1448 (; exitPayload ;)
    i32.const 327813 local.set 2
    br $1
  end
  local.get 4 i32.const 0 local.get 1 i32.const 5 i32.sub i32.store offset=1432 (; remaining ;)
  return
  unreachable
end
local.get 1 local.get 2 i32.const 16 i32.shr_u i32.sub local.set 1
i32.const 0 local.get 1 i32.store offset=1432 (; remaining ;)
local.get 2 i32.const 65535 i32.and i64.extend_i32_u
)
