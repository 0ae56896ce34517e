;; fadd d0, d1, d2
;; fmul s3, s4, s5
;; fmadd d6, d0, d1, d2
;; fcmp d0, d1
;; b.gt 1f
;; fneg d0, d0
;; 1: ret
;; call 1: fpAdd64
;; call 2: takeFpExceptions
;; call 3: fpMul32
;; call 4: fpMulAdd64
;; call 5: fpCompare64

(func (param i64 i32) (result i64)
(local i32 i32)
(local i64)
(local i32)
(local i64 i64 i64)
(local i32)
(local i64 i64)
(local f64 f64 f64)
(local i64)
(local f64)
(local i32 i32 i32)
(local i64)
(local i32 i32)
(local i64)
(local i32 i32 i32 i32 i32)
(local f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64)
(local i64 i64)
i32.const 0 i32.load offset=1376 (; dataTlb ;) local.set 3
i32.const 0 i64.load offset=1264 (; x30 ;) local.set 8
i32.const 0 i32.load offset=1496 (; lazyKind ;) local.set 5
i32.const 0 i64.load offset=1504 (; lazyLeft ;) local.set 6
i32.const 0 i64.load offset=1512 (; lazyRight ;) local.set 7
block $1
  local.get 1 i32.const 7 i32.lt_s if $2 ;; unlikely
    i32.const 1 local.set 2
    br $1
  end
  block $2
    i32.const 0 i32.load offset=1360 (; fpTrap ;) local.set 9
    local.get 9 if $3 ;; unlikely
      i32.const 0 i32.const 20 i32.store offset=1440 (; exitCode ;)
      i32.const 9 local.set 2
      br $1
    end
    i32.const 0 i64.load offset=1552 (; v1 ;) local.set 10
    i32.const 0 i64.load offset=1568 (; v2 ;) local.set 11
    local.get 10 f64.reinterpret_i64 local.set 12
    local.get 11 f64.reinterpret_i64 local.set 13
    local.get 12 local.get 13 f64.add local.set 14
    local.get 14 i64.reinterpret_f64 local.set 15
    local.get 14 local.get 12 f64.sub local.set 16
    i32.const 0 i32.load offset=1416 (; fpcr ;) local.set 17
    i32.const 0 i32.load offset=1424 (; fpsr ;) local.set 18
    local.get 15 i64.const 0x7ff0000000000000 i64.and i64.const 0 i64.sub i64.const 0x7ff0000000000000 i64.lt_u local.get 17 i32.eqz local.get 18 i32.const 16 i32.and i32.const 0 i32.ne local.get 12 local.get 14 local.get 16 f64.sub f64.sub local.get 13 local.get 16 f64.sub f64.add i64.const 0 f64.reinterpret_i64 f64.eq i32.or i32.and i32.and if $3 (result i64)
      local.get 15
    else
      i32.const 0 i32.load offset=1416 (; fpcr ;) local.set 19
      local.get 19 local.get 10 local.get 11 call 1 local.set 20
      i32.const 0 i32.load offset=1424 (; fpsr ;) local.set 21
      call 2 local.set 22
      i32.const 0 local.get 21 local.get 22 i32.or i32.store offset=1424 (; fpsr ;)
      local.get 20
    end
    local.set 23
    i32.const 0 local.get 23 i64.store offset=1536 (; v0 ;)
    i32.const 0 i64.const 0 i64.store offset=1544 (; v0 + 8 ;)
    i32.const 0 i32.load offset=1360 (; fpTrap ;) local.set 22
    local.get 22 if $3 ;; unlikely
      i32.const 0 i32.const 20 i32.store offset=1440 (; exitCode ;)
      i32.const 65577 local.set 2
      br $1
    end
    i32.const 0 i32.load offset=1600 (; v4 ;) local.set 21
    i32.const 0 i32.load offset=1616 (; v5 ;) local.set 19
    local.get 21 f32.reinterpret_i32 local.get 19 f32.reinterpret_i32 f32.mul i32.reinterpret_f32 local.set 18
    i32.const 0 i32.load offset=1424 (; fpsr ;) local.set 17
    i32.const 0 i32.load offset=1416 (; fpcr ;) local.set 9
    local.get 9 i32.eqz local.get 18 i32.const 1 i32.shl i32.eqz local.get 21 i32.const 1 i32.shl i32.eqz local.get 19 i32.const 1 i32.shl i32.eqz i32.or i32.and local.get 18 i32.const 2139095040 i32.and i32.const 16777216 i32.sub i32.const 2122317824 i32.lt_u local.get 17 i32.const 16 i32.and i32.const 0 i32.ne local.get 21 i32.const 8388608 i32.or i32.ctz local.get 19 i32.const 8388608 i32.or i32.ctz i32.add i32.const 24 i32.ge_u i32.or i32.and i32.or i32.and if $3 (result i32)
      local.get 18
    else
      i32.const 0 i32.load offset=1416 (; fpcr ;) local.set 24
      local.get 24 local.get 21 local.get 19 call 3 local.set 25
      i32.const 0 i32.load offset=1424 (; fpsr ;) local.set 26
      call 2 local.set 27
      i32.const 0 local.get 26 local.get 27 i32.or i32.store offset=1424 (; fpsr ;)
      local.get 25
    end
    local.set 28
    i32.const 0 local.get 28 i64.extend_i32_u i64.store offset=1584 (; v3 ;)
    i32.const 0 i64.const 0 i64.store offset=1592 (; v3 + 8 ;)
    i32.const 0 i32.load offset=1360 (; fpTrap ;) local.set 28
    local.get 28 if $3 ;; unlikely
      i32.const 0 i32.const 20 i32.store offset=1440 (; exitCode ;)
      i32.const 131145 local.set 2
      br $1
    end
    i32.const 0 i64.load offset=1568 (; v2 ;) local.set 23
    i32.const 0 i64.load offset=1536 (; v0 ;) local.set 20
    i32.const 0 i64.load offset=1552 (; v1 ;) local.set 15
    local.get 23 f64.reinterpret_i64 local.set 16
    local.get 20 f64.reinterpret_i64 local.set 14
    local.get 15 f64.reinterpret_i64 local.set 13
    local.get 14 local.get 13 f64.mul local.set 12
    local.get 14 i64.const 0x41a0000002000000 f64.reinterpret_i64 f64.mul local.set 29
    local.get 29 local.get 29 local.get 14 f64.sub f64.sub local.set 30
    local.get 14 local.get 30 f64.sub local.set 31
    local.get 13 i64.const 0x41a0000002000000 f64.reinterpret_i64 f64.mul local.set 32
    local.get 32 local.get 32 local.get 13 f64.sub f64.sub local.set 33
    local.get 13 local.get 33 f64.sub local.set 34
    local.get 30 local.get 33 f64.mul local.get 12 f64.sub local.get 30 local.get 34 f64.mul f64.add local.get 31 local.get 33 f64.mul f64.add local.get 31 local.get 34 f64.mul f64.add local.set 35
    local.get 16 local.get 35 f64.add local.set 36
    local.get 36 local.get 16 f64.sub local.set 37
    local.get 16 local.get 36 local.get 37 f64.sub f64.sub local.get 35 local.get 37 f64.sub f64.add local.set 38
    local.get 12 local.get 36 f64.add local.set 39
    local.get 39 local.get 12 f64.sub local.set 40
    local.get 12 local.get 39 local.get 40 f64.sub f64.sub local.get 36 local.get 40 f64.sub f64.add local.set 41
    local.get 38 local.get 41 f64.add local.set 42
    local.get 42 local.get 38 f64.sub local.set 43
    local.get 38 local.get 42 local.get 43 f64.sub f64.sub local.get 41 local.get 43 f64.sub f64.add local.set 44
    i64.const 0 f64.reinterpret_i64 local.set 45
    local.get 44 local.get 45 f64.eq local.set 27
    local.get 42 i64.reinterpret_f64 local.set 11
    local.get 11 i64.const 1 i64.const -1 local.get 11 local.get 44 i64.reinterpret_f64 i64.xor i64.const 0 i64.ge_s select i64.add local.get 11 local.get 11 i64.const 1 i64.and i64.eqz local.get 27 i32.eqz i32.and select f64.reinterpret_i64 local.set 46
    local.get 39 local.get 46 f64.add local.set 47
    local.get 47 i64.reinterpret_f64 local.set 10
    local.get 47 local.get 39 f64.sub local.set 48
    i32.const 0 i32.load offset=1416 (; fpcr ;) local.set 26
    i32.const 0 i32.load offset=1424 (; fpsr ;) local.set 25
    local.get 23 i64.const 0x7ff0000000000000 i64.and i64.const 0x2d30000000000000 i64.sub i64.const 0x2580000000000000 i64.lt_u local.get 23 i64.const 1 i64.shl i64.eqz i32.or local.get 20 i64.const 0x7ff0000000000000 i64.and i64.const 0x2d30000000000000 i64.sub i64.const 0x2580000000000000 i64.lt_u local.get 20 i64.const 1 i64.shl i64.eqz i32.or i32.and local.get 15 i64.const 0x7ff0000000000000 i64.and i64.const 0x2d30000000000000 i64.sub i64.const 0x2580000000000000 i64.lt_u local.get 15 i64.const 1 i64.shl i64.eqz i32.or local.get 10 i64.const 0x7ff0000000000000 i64.and i64.const 0x2580000000000000 i64.sub i64.const 0x3840000000000000 i64.lt_u i32.and i32.and local.get 26 i32.eqz local.get 25 i32.const 16 i32.and i32.const 0 i32.ne local.get 27 local.get 39 local.get 47 local.get 48 f64.sub f64.sub local.get 46 local.get 48 f64.sub f64.add local.get 45 f64.eq i32.and i32.or i32.and i32.and if $3 (result i64)
      local.get 10
    else
      i32.const 0 i32.load offset=1416 (; fpcr ;) local.set 24
      local.get 24 local.get 23 local.get 20 local.get 15 call 4 local.set 49
      i32.const 0 i32.load offset=1424 (; fpsr ;) local.set 9
      call 2 local.set 17
      i32.const 0 local.get 9 local.get 17 i32.or i32.store offset=1424 (; fpsr ;)
      local.get 49
    end
    local.set 50
    i32.const 0 local.get 50 i64.store offset=1632 (; v6 ;)
    i32.const 0 i64.const 0 i64.store offset=1640 (; v6 + 8 ;)
    i32.const 0 i32.load offset=1360 (; fpTrap ;) local.set 17
    local.get 17 if $3 ;; unlikely
      i32.const 0 i32.const 20 i32.store offset=1440 (; exitCode ;)
      i32.const 196713 local.set 2
      br $1
    end
    i32.const 0 i64.load offset=1536 (; v0 ;) local.set 50
    i32.const 0 i64.load offset=1552 (; v1 ;) local.set 49
    local.get 50 f64.reinterpret_i64 local.set 48
    local.get 49 f64.reinterpret_i64 local.set 47
    local.get 48 local.get 47 f64.eq local.set 9
    local.get 48 local.get 47 f64.lt local.set 24
    i32.const 0 i32.load offset=1416 (; fpcr ;) local.set 25
    local.get 9 local.get 24 i32.or local.get 48 local.get 47 f64.gt i32.or local.get 25 i32.eqz i32.and if $3 (result i32)
      i32.const 8 i32.const 6 i32.const 2 local.get 9 select local.get 24 select
    else
      i32.const 0 i32.load offset=1416 (; fpcr ;) local.set 26
      local.get 26 local.get 50 local.get 49 call 5 local.set 27
      i32.const 0 i32.load offset=1424 (; fpsr ;) local.set 28
      call 2 local.set 18
      i32.const 0 local.get 28 local.get 18 i32.or i32.store offset=1424 (; fpsr ;)
      local.get 27
    end
    local.set 19
    local.get 19 i64.extend_i32_u local.set 6
    i32.const 0 local.set 5
    i32.const 2565 local.get 6 i32.wrap_i64 i32.shr_u i32.const 1 i32.and local.set 19
    local.get 19 if $3
      local.get 1 i32.const 5 i32.sub local.set 1
      br $2
    else
      i32.const 0 i32.load offset=1360 (; fpTrap ;) local.set 19
      local.get 19 if $4 ;; unlikely
        i32.const 0 i32.const 20 i32.store offset=1440 (; exitCode ;)
        i32.const 327849 local.set 2
        br $1
      end
      i32.const 0 i64.load offset=1536 (; v0 ;) local.set 49
      i32.const 0 local.get 49 i64.const 0x8000000000000000 i64.xor i64.store offset=1536 (; v0 ;)
      i32.const 0 i64.const 0 i64.store offset=1544 (; v0 + 8 ;)
      local.get 1 i32.const 6 i32.sub local.set 1
      br $2
    end
    unreachable
  end
  local.get 8 local.set 49
  local.get 49 local.tee 4 i32.wrap_i64 i32.const 3 i32.and if $2 ;; unlikely
    i32.const 0 local.get 4 i64.store offset=1448 (; exitPayload ;)
    i32.const 65733 local.set 2
    br $1
  end
  local.get 4 i32.const 0 local.get 5 i32.store offset=1496 (; lazyKind ;)
  i32.const 0 local.get 6 i64.store offset=1504 (; lazyLeft ;)
  i32.const 0 local.get 7 i64.store offset=1512 (; lazyRight ;)
  i32.const 0 local.get 1 i32.const 1 i32.sub i32.store offset=1432 (; remaining ;)
  return
  unreachable
end
local.get 1 local.get 2 i32.const 16 i32.shr_u i32.sub local.set 1
i32.const 0 local.get 5 i32.store offset=1496 (; lazyKind ;)
i32.const 0 local.get 6 i64.store offset=1504 (; lazyLeft ;)
i32.const 0 local.get 7 i64.store offset=1512 (; lazyRight ;)
i32.const 0 local.get 1 i32.store offset=1432 (; remaining ;)
local.get 2 i32.const 65535 i32.and i64.extend_i32_u
)
