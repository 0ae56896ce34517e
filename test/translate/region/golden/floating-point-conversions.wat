;; scvtf d0, x1
;; fcvtzs w2, s3
;; fcvt s4, d5
;; fmov x6, d7
;; ret
;; call 1: fpFromInt64To64
;; call 2: takeFpExceptions
;; call 3: fpToInt32To32
;; call 4: fpConvert64To32

(func (param i64 i32) (result i64)
(local i32 i32)
(local i64 i64 i64 i64 i64)
(local i32)
(local i64)
(local i32 i32 i32)
(local i64)
(local i32 i32)
(local i64)
(local f32 f32)
(local i32 i32 i32)
(local f64)
i32.const 0 i32.load offset=1376 (; dataTlb ;) local.set 3
i32.const 0 i64.load offset=1032 (; x1 ;) local.set 5
i32.const 0 i64.load offset=1040 (; x2 ;) local.set 6
i32.const 0 i64.load offset=1072 (; x6 ;) local.set 7
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
  local.get 5 local.set 10
  i32.const 0 i32.load offset=1416 (; fpcr ;) local.set 11
  i32.const 0 i32.load offset=1424 (; fpsr ;) local.set 12
  local.get 10 i64.const 0x20000000000000 i64.add i64.const 0x40000000000000 i64.le_u local.get 11 i32.eqz local.get 12 i32.const 16 i32.and i32.const 0 i32.ne i32.and i32.or if $2 (result i64)
    local.get 10 f64.convert_i64_s i64.reinterpret_f64
  else
    i32.const 0 i32.load offset=1416 (; fpcr ;) local.set 13
    local.get 13 local.get 10 i32.const 0 i32.const 0 call 1 local.set 14
    i32.const 0 i32.load offset=1424 (; fpsr ;) local.set 15
    call 2 local.set 16
    i32.const 0 local.get 15 local.get 16 i32.or i32.store offset=1424 (; fpsr ;)
    local.get 14
  end
  local.set 17
  i32.const 0 local.get 17 i64.store offset=1536 (; v0 ;)
  i32.const 0 i64.const 0 i64.store offset=1544 (; v0 + 8 ;)
  i32.const 0 i32.load offset=1360 (; fpTrap ;) local.set 16
  local.get 16 if $2 ;; unlikely
    i32.const 0 i32.const 20 i32.store offset=1440 (; exitCode ;)
    i32.const 65577 local.set 2
    br $1
  end
  i32.const 0 i32.load offset=1584 (; v3 ;) local.set 15
  local.get 15 f32.reinterpret_i32 local.set 18
  local.get 18 f32.trunc local.set 19
  i32.const 0 i32.load offset=1416 (; fpcr ;) local.set 13
  i32.const 0 i32.load offset=1424 (; fpsr ;) local.set 12
  local.get 19 f32.abs i32.const 1325400064 f32.reinterpret_i32 f32.lt local.get 13 i32.eqz local.get 12 i32.const 16 i32.and i32.const 0 i32.ne local.get 19 local.get 18 f32.eq i32.or i32.and i32.and if $2 (result i32)
    local.get 19 i32.trunc_sat_f32_s
  else
    i32.const 0 i32.load offset=1416 (; fpcr ;) local.set 11
    local.get 11 local.get 15 i32.const 0 i32.const 0 i32.const 3 call 3 local.set 9
    i32.const 0 i32.load offset=1424 (; fpsr ;) local.set 20
    call 2 local.set 21
    i32.const 0 local.get 20 local.get 21 i32.or i32.store offset=1424 (; fpsr ;)
    local.get 9
  end
  local.set 22
  local.get 22 i64.extend_i32_u local.set 6
  i32.const 0 i32.load offset=1360 (; fpTrap ;) local.set 22
  local.get 22 if $2 ;; unlikely
    i32.const 0 i32.const 20 i32.store offset=1440 (; exitCode ;)
    i32.const 131145 local.set 2
    br $1
  end
  i32.const 0 i64.load offset=1616 (; v5 ;) local.set 17
  local.get 17 f64.reinterpret_i64 local.set 23
  local.get 23 f32.demote_f64 local.set 19
  local.get 19 i32.reinterpret_f32 local.set 21
  i32.const 0 i32.load offset=1416 (; fpcr ;) local.set 20
  i32.const 0 i32.load offset=1424 (; fpsr ;) local.set 9
  local.get 21 i32.const 2139095040 i32.and i32.const 16777216 i32.sub i32.const 2122317824 i32.lt_u local.get 17 i64.const 1 i64.shl i64.eqz i32.or local.get 20 i32.eqz local.get 9 i32.const 16 i32.and i32.const 0 i32.ne local.get 19 f64.promote_f32 local.get 23 f64.eq i32.or i32.and i32.and if $2 (result i32)
    local.get 21
  else
    i32.const 0 i32.load offset=1416 (; fpcr ;) local.set 11
    local.get 11 local.get 17 i32.const 7 call 4 local.set 12
    i32.const 0 i32.load offset=1424 (; fpsr ;) local.set 13
    call 2 local.set 15
    i32.const 0 local.get 13 local.get 15 i32.or i32.store offset=1424 (; fpsr ;)
    local.get 12
  end
  local.set 16
  i32.const 0 local.get 16 i64.extend_i32_u i64.store offset=1600 (; v4 ;)
  i32.const 0 i64.const 0 i64.store offset=1608 (; v4 + 8 ;)
  i32.const 0 i32.load offset=1360 (; fpTrap ;) local.set 16
  local.get 16 if $2 ;; unlikely
    i32.const 0 i32.const 20 i32.store offset=1440 (; exitCode ;)
    i32.const 196713 local.set 2
    br $1
  end
  i32.const 0 i64.load offset=1648 (; v7 ;) local.set 17
  local.get 17 local.set 7
  local.get 8 local.set 17
  local.get 17 local.tee 4 i32.wrap_i64 i32.const 3 i32.and if $2 ;; unlikely
    i32.const 0 local.get 4 i64.store offset=1448 (; exitPayload ;)
    i32.const 327813 local.set 2
    br $1
  end
  local.get 4 i32.const 0 local.get 6 i64.store offset=1040 (; x2 ;)
  i32.const 0 local.get 7 i64.store offset=1072 (; x6 ;)
  i32.const 0 local.get 1 i32.const 5 i32.sub i32.store offset=1432 (; remaining ;)
  return
  unreachable
end
local.get 1 local.get 2 i32.const 16 i32.shr_u i32.sub local.set 1
i32.const 0 local.get 6 i64.store offset=1040 (; x2 ;)
i32.const 0 local.get 7 i64.store offset=1072 (; x6 ;)
i32.const 0 local.get 1 i32.store offset=1432 (; remaining ;)
local.get 2 i32.const 65535 i32.and i64.extend_i32_u
)
