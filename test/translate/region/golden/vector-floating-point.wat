;; fadd v0.4s, v1.4s, v2.4s
;; fmla v3.2d, v4.2d, v5.2d
;; ret
;; call 1: fpAdd32
;; call 2: takeFpExceptions
;; call 3: fpMulAdd64

(func (param i64 i32) (result i64)
(local i32 i32)
(local i64 i64)
(local i32)
(local v128 v128 v128 v128)
(local i32 i32)
(local v128)
(local i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)
(local v128)
(local i64 i64 i64)
(local f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64)
(local i64)
(local f64 f64)
(local i64)
(local f64)
(local i64 i64 i64 i64 i64)
(local f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64)
(local i64)
(local f64 f64)
(local i64)
(local f64)
(local i64 i64)
i32.const 0 i32.load offset=1376 (; dataTlb ;) local.set 3
i32.const 0 i64.load offset=1264 (; x30 ;) local.set 5
block $1
  local.get 1 i32.const 3 i32.lt_s if $2 ;; unlikely
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
  local.get 7 local.get 8 f32x4.add local.set 10
  i32.const 0 i32.load offset=1416 (; fpcr ;) local.set 11
  i32.const 0 i32.load offset=1424 (; fpsr ;) local.set 12
  local.get 10 v128.const i8x16 0x00 0x00 0x80 0x7f 0x00 0x00 0x80 0x7f 0x00 0x00 0x80 0x7f 0x00 0x00 0x80 0x7f v128.and local.set 13
  local.get 11 i32.eqz local.get 12 i32.const 16 i32.and i32.const 0 i32.ne i32.and local.get 13 v128.const i8x16 0x00 0x00 0x80 0x7f 0x00 0x00 0x80 0x7f 0x00 0x00 0x80 0x7f 0x00 0x00 0x80 0x7f i32x4.lt_s local.get 13 v128.const i8x16 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 i32x4.ge_s v128.and i32x4.all_true i32.and if $2 (result v128)
    local.get 10
  else
    i32.const 0 i32.load offset=1416 (; fpcr ;) local.set 14
    local.get 14 local.get 7 i32x4.extract_lane 0 local.get 8 i32x4.extract_lane 0 call 1 local.set 15
    i32.const 0 i32.load offset=1424 (; fpsr ;) local.set 16
    call 2 local.set 17
    i32.const 0 local.get 16 local.get 17 i32.or i32.store offset=1424 (; fpsr ;)
    i32.const 0 i32.load offset=1416 (; fpcr ;) local.set 18
    local.get 18 local.get 7 i32x4.extract_lane 1 local.get 8 i32x4.extract_lane 1 call 1 local.set 19
    i32.const 0 i32.load offset=1424 (; fpsr ;) local.set 20
    call 2 local.set 21
    i32.const 0 local.get 20 local.get 21 i32.or i32.store offset=1424 (; fpsr ;)
    i32.const 0 i32.load offset=1416 (; fpcr ;) local.set 22
    local.get 22 local.get 7 i32x4.extract_lane 2 local.get 8 i32x4.extract_lane 2 call 1 local.set 23
    i32.const 0 i32.load offset=1424 (; fpsr ;) local.set 24
    call 2 local.set 25
    i32.const 0 local.get 24 local.get 25 i32.or i32.store offset=1424 (; fpsr ;)
    i32.const 0 i32.load offset=1416 (; fpcr ;) local.set 26
    local.get 26 local.get 7 i32x4.extract_lane 3 local.get 8 i32x4.extract_lane 3 call 1 local.set 27
    i32.const 0 i32.load offset=1424 (; fpsr ;) local.set 28
    call 2 local.set 29
    i32.const 0 local.get 28 local.get 29 i32.or i32.store offset=1424 (; fpsr ;)
    v128.const i8x16 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 local.get 15 i32x4.replace_lane 0 local.get 19 i32x4.replace_lane 1 local.get 23 i32x4.replace_lane 2 local.get 27 i32x4.replace_lane 3
  end
  local.set 30
  i32.const 0 local.get 30 v128.store offset=1536 (; v0 ;)
  i32.const 0 i32.load offset=1360 (; fpTrap ;) local.set 29
  local.get 29 if $2 ;; unlikely
    i32.const 0 i32.const 20 i32.store offset=1440 (; exitCode ;)
    i32.const 65577 local.set 2
    br $1
  end
  i32.const 0 v128.load offset=1600 (; v4 ;) local.set 30
  i32.const 0 v128.load offset=1616 (; v5 ;) local.set 13
  i32.const 0 v128.load offset=1584 (; v3 ;) local.set 10
  local.get 10 i64x2.extract_lane 0 local.set 31
  local.get 30 i64x2.extract_lane 0 local.set 32
  local.get 13 i64x2.extract_lane 0 local.set 33
  local.get 31 f64.reinterpret_i64 local.set 34
  local.get 32 f64.reinterpret_i64 local.set 35
  local.get 33 f64.reinterpret_i64 local.set 36
  local.get 35 local.get 36 f64.mul local.set 37
  local.get 35 i64.const 0x41a0000002000000 f64.reinterpret_i64 f64.mul local.set 38
  local.get 38 local.get 38 local.get 35 f64.sub f64.sub local.set 39
  local.get 35 local.get 39 f64.sub local.set 40
  local.get 36 i64.const 0x41a0000002000000 f64.reinterpret_i64 f64.mul local.set 41
  local.get 41 local.get 41 local.get 36 f64.sub f64.sub local.set 42
  local.get 36 local.get 42 f64.sub local.set 43
  local.get 39 local.get 42 f64.mul local.get 37 f64.sub local.get 39 local.get 43 f64.mul f64.add local.get 40 local.get 42 f64.mul f64.add local.get 40 local.get 43 f64.mul f64.add local.set 44
  local.get 34 local.get 44 f64.add local.set 45
  local.get 45 local.get 34 f64.sub local.set 46
  local.get 34 local.get 45 local.get 46 f64.sub f64.sub local.get 44 local.get 46 f64.sub f64.add local.set 47
  local.get 37 local.get 45 f64.add local.set 48
  local.get 48 local.get 37 f64.sub local.set 49
  local.get 37 local.get 48 local.get 49 f64.sub f64.sub local.get 45 local.get 49 f64.sub f64.add local.set 50
  local.get 47 local.get 50 f64.add local.set 51
  local.get 51 local.get 47 f64.sub local.set 52
  local.get 47 local.get 51 local.get 52 f64.sub f64.sub local.get 50 local.get 52 f64.sub f64.add local.set 53
  i64.const 0 f64.reinterpret_i64 local.set 54
  local.get 53 local.get 54 f64.eq local.set 28
  local.get 51 i64.reinterpret_f64 local.set 55
  local.get 55 i64.const 1 i64.const -1 local.get 55 local.get 53 i64.reinterpret_f64 i64.xor i64.const 0 i64.ge_s select i64.add local.get 55 local.get 55 i64.const 1 i64.and i64.eqz local.get 28 i32.eqz i32.and select f64.reinterpret_i64 local.set 56
  local.get 48 local.get 56 f64.add local.set 57
  local.get 57 i64.reinterpret_f64 local.set 58
  local.get 57 local.get 48 f64.sub local.set 59
  i32.const 0 i32.load offset=1416 (; fpcr ;) local.set 27
  i32.const 0 i32.load offset=1424 (; fpsr ;) local.set 26
  local.get 31 i64.const 0x7ff0000000000000 i64.and i64.const 0x2d30000000000000 i64.sub i64.const 0x2580000000000000 i64.lt_u local.get 31 i64.const 1 i64.shl i64.eqz i32.or local.get 32 i64.const 0x7ff0000000000000 i64.and i64.const 0x2d30000000000000 i64.sub i64.const 0x2580000000000000 i64.lt_u local.get 32 i64.const 1 i64.shl i64.eqz i32.or i32.and local.get 33 i64.const 0x7ff0000000000000 i64.and i64.const 0x2d30000000000000 i64.sub i64.const 0x2580000000000000 i64.lt_u local.get 33 i64.const 1 i64.shl i64.eqz i32.or local.get 58 i64.const 0x7ff0000000000000 i64.and i64.const 0x2580000000000000 i64.sub i64.const 0x3840000000000000 i64.lt_u i32.and i32.and local.get 27 i32.eqz local.get 26 i32.const 16 i32.and i32.const 0 i32.ne local.get 28 local.get 48 local.get 57 local.get 59 f64.sub f64.sub local.get 56 local.get 59 f64.sub f64.add local.get 54 f64.eq i32.and i32.or i32.and i32.and if $2 (result i64)
    local.get 58
  else
    i32.const 0 i32.load offset=1416 (; fpcr ;) local.set 25
    local.get 25 local.get 31 local.get 32 local.get 33 call 3 local.set 60
    i32.const 0 i32.load offset=1424 (; fpsr ;) local.set 24
    call 2 local.set 23
    i32.const 0 local.get 24 local.get 23 i32.or i32.store offset=1424 (; fpsr ;)
    local.get 60
  end
  local.set 61
  local.get 10 i64x2.extract_lane 1 local.set 62
  local.get 30 i64x2.extract_lane 1 local.set 63
  local.get 13 i64x2.extract_lane 1 local.set 64
  local.get 62 f64.reinterpret_i64 local.set 65
  local.get 63 f64.reinterpret_i64 local.set 66
  local.get 64 f64.reinterpret_i64 local.set 67
  local.get 66 local.get 67 f64.mul local.set 68
  local.get 66 i64.const 0x41a0000002000000 f64.reinterpret_i64 f64.mul local.set 69
  local.get 69 local.get 69 local.get 66 f64.sub f64.sub local.set 70
  local.get 66 local.get 70 f64.sub local.set 71
  local.get 67 i64.const 0x41a0000002000000 f64.reinterpret_i64 f64.mul local.set 72
  local.get 72 local.get 72 local.get 67 f64.sub f64.sub local.set 73
  local.get 67 local.get 73 f64.sub local.set 74
  local.get 70 local.get 73 f64.mul local.get 68 f64.sub local.get 70 local.get 74 f64.mul f64.add local.get 71 local.get 73 f64.mul f64.add local.get 71 local.get 74 f64.mul f64.add local.set 75
  local.get 65 local.get 75 f64.add local.set 76
  local.get 76 local.get 65 f64.sub local.set 77
  local.get 65 local.get 76 local.get 77 f64.sub f64.sub local.get 75 local.get 77 f64.sub f64.add local.set 78
  local.get 68 local.get 76 f64.add local.set 79
  local.get 79 local.get 68 f64.sub local.set 80
  local.get 68 local.get 79 local.get 80 f64.sub f64.sub local.get 76 local.get 80 f64.sub f64.add local.set 81
  local.get 78 local.get 81 f64.add local.set 82
  local.get 82 local.get 78 f64.sub local.set 83
  local.get 78 local.get 82 local.get 83 f64.sub f64.sub local.get 81 local.get 83 f64.sub f64.add local.set 84
  i64.const 0 f64.reinterpret_i64 local.set 85
  local.get 84 local.get 85 f64.eq local.set 22
  local.get 82 i64.reinterpret_f64 local.set 86
  local.get 86 i64.const 1 i64.const -1 local.get 86 local.get 84 i64.reinterpret_f64 i64.xor i64.const 0 i64.ge_s select i64.add local.get 86 local.get 86 i64.const 1 i64.and i64.eqz local.get 22 i32.eqz i32.and select f64.reinterpret_i64 local.set 87
  local.get 79 local.get 87 f64.add local.set 88
  local.get 88 i64.reinterpret_f64 local.set 89
  local.get 88 local.get 79 f64.sub local.set 90
  i32.const 0 i32.load offset=1416 (; fpcr ;) local.set 21
  i32.const 0 i32.load offset=1424 (; fpsr ;) local.set 20
  local.get 62 i64.const 0x7ff0000000000000 i64.and i64.const 0x2d30000000000000 i64.sub i64.const 0x2580000000000000 i64.lt_u local.get 62 i64.const 1 i64.shl i64.eqz i32.or local.get 63 i64.const 0x7ff0000000000000 i64.and i64.const 0x2d30000000000000 i64.sub i64.const 0x2580000000000000 i64.lt_u local.get 63 i64.const 1 i64.shl i64.eqz i32.or i32.and local.get 64 i64.const 0x7ff0000000000000 i64.and i64.const 0x2d30000000000000 i64.sub i64.const 0x2580000000000000 i64.lt_u local.get 64 i64.const 1 i64.shl i64.eqz i32.or local.get 89 i64.const 0x7ff0000000000000 i64.and i64.const 0x2580000000000000 i64.sub i64.const 0x3840000000000000 i64.lt_u i32.and i32.and local.get 21 i32.eqz local.get 20 i32.const 16 i32.and i32.const 0 i32.ne local.get 22 local.get 79 local.get 88 local.get 90 f64.sub f64.sub local.get 87 local.get 90 f64.sub f64.add local.get 85 f64.eq i32.and i32.or i32.and i32.and if $2 (result i64)
    local.get 89
  else
    i32.const 0 i32.load offset=1416 (; fpcr ;) local.set 19
    local.get 19 local.get 62 local.get 63 local.get 64 call 3 local.set 91
    i32.const 0 i32.load offset=1424 (; fpsr ;) local.set 18
    call 2 local.set 17
    i32.const 0 local.get 18 local.get 17 i32.or i32.store offset=1424 (; fpsr ;)
    local.get 91
  end
  local.set 92
  i32.const 0 v128.const i8x16 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 0x00 local.get 61 i64x2.replace_lane 0 local.get 92 i64x2.replace_lane 1 v128.store offset=1584 (; v3 ;)
  local.get 5 local.set 92
  local.get 92 local.tee 4 i32.wrap_i64 i32.const 3 i32.and if $2 ;; unlikely
    i32.const 0 local.get 4 i64.store offset=1448 (; exitPayload ;)
    i32.const 196677 local.set 2
    br $1
  end
  local.get 4 i32.const 0 local.get 1 i32.const 3 i32.sub i32.store offset=1432 (; remaining ;)
  return
  unreachable
end
local.get 1 local.get 2 i32.const 16 i32.shr_u i32.sub local.set 1
i32.const 0 local.get 1 i32.store offset=1432 (; remaining ;)
local.get 2 i32.const 65535 i32.and i64.extend_i32_u
)
