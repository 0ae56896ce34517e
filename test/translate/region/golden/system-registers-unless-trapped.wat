;; mrs x0, midr_el1
;; msr contextidr_el1, x1
;; mrs x2, cntv_ctl_el0
;; msr cntv_cval_el0, x3
;; ret

(func (param i64 i32) (result i64)
(local i32 i32)
(local i64 i64 i64 i64 i64 i64)
(local i32)
(local i64 i64)
(local i32)
(local i64 i64 i64 i64 i64)
i32.const 0 i32.load offset=1376 (; dataTlb ;) local.set 3
i32.const 0 i64.load offset=1024 (; x0 ;) local.set 5
i32.const 0 i64.load offset=1032 (; x1 ;) local.set 6
i32.const 0 i64.load offset=1040 (; x2 ;) local.set 7
i32.const 0 i64.load offset=1048 (; x3 ;) local.set 8
i32.const 0 i64.load offset=1264 (; x30 ;) local.set 9
block $1
  local.get 1 i32.const 5 i32.lt_s if $2 ;; unlikely
    i32.const 1 local.set 2
    br $1
  end
  i32.const 0 i32.load offset=1344 (; el ;) local.set 10
  local.get 10 if $2
    i32.const 0 i64.load offset=3064 (; VPIDR_EL2 ;) local.set 11
    local.get 11 local.set 5
  else
    i32.const 0 i32.const 18 i32.store offset=1440 (; exitCode ;)
    i32.const 9 local.set 2
    br $1
  end
  i32.const 0 i32.load offset=1520 (; direct ;) local.set 10
  local.get 10 i32.const 262144 i32.and if $2
    i32.const 0 i64.load offset=2216 (; CONTEXTIDR_EL1 ;) local.set 11
    local.get 6 local.set 12
    i32.const 0 local.get 11 i64.const 0xffffffff00000000 i64.and local.get 12 i64.const 0xffffffff i64.and i64.or i64.store offset=2216 (; CONTEXTIDR_EL1 ;)
  else
    i32.const 0 i32.const 18 i32.store offset=1440 (; exitCode ;)
    i32.const 65577 local.set 2
    br $1
  end
  i32.const 0 i32.load offset=1520 (; direct ;) local.set 10
  local.get 10 i32.const 65536 i32.and if $2
    i32.const 0 i64.load offset=2728 (; CNTV_CTL_EL0 ;) local.set 12
    local.get 12 i32.wrap_i64 i32.const 3 i32.and local.set 13
    i32.const 0 f64.load offset=1528 (; sliceEnd ;) local.get 1 i32.const 2 i32.sub f64.convert_i32_s f64.sub i32.const 16 f64.convert_i32_s f64.div i64.trunc_sat_f64_u local.set 11
    i32.const 0 i64.load offset=2752 (; CNTVOFF_EL2 ;) local.set 14
    i32.const 0 i64.load offset=2736 (; CNTV_CVAL_EL0 ;) local.set 15
    local.get 13 local.get 13 local.get 11 local.get 14 i64.sub local.get 15 i64.ge_u i32.and i32.const 2 i32.shl i32.or i64.extend_i32_u local.set 7
  else
    i32.const 0 i32.const 18 i32.store offset=1440 (; exitCode ;)
    i32.const 131145 local.set 2
    br $1
  end
  i32.const 0 i32.load offset=1520 (; direct ;) local.set 13
  local.get 13 i32.const 65536 i32.and if $2
    i32.const 0 f64.load offset=1528 (; sliceEnd ;) local.get 1 i32.const 3 i32.sub f64.convert_i32_s f64.sub i32.const 16 f64.convert_i32_s f64.div i64.trunc_sat_f64_u local.set 15
    i32.const 0 i64.load offset=2752 (; CNTVOFF_EL2 ;) local.set 14
    local.get 15 local.get 14 i64.sub local.set 11
    i32.const 0 i64.load offset=2728 (; CNTV_CTL_EL0 ;) local.set 12
    local.get 12 i32.wrap_i64 local.set 10
    i32.const 0 i64.load offset=2736 (; CNTV_CVAL_EL0 ;) local.set 16
    i32.const 0 f64.load offset=552 i32.const 0 f64.load offset=1528 (; sliceEnd ;) f64.sub local.get 1 i32.const 3 i32.sub f64.convert_i32_s f64.add i32.const 16 f64.convert_i32_s f64.div f64.ceil i64.trunc_sat_f64_s local.set 17
    local.get 8 local.set 18
    i32.const 0 local.get 18 i64.store offset=2736 (; CNTV_CVAL_EL0 ;)
    local.get 10 i32.const 3 i32.and i32.const 1 i32.eq local.get 11 local.get 16 i64.ge_u i32.and local.get 10 i32.const 3 i32.and i32.const 1 i32.eq local.get 11 local.get 18 i64.ge_u local.get 18 local.get 11 i64.sub local.get 17 i64.le_u i32.or i32.and i32.or if $3 ;; unlikely
      i32.const 0 i32.const 26 i32.store offset=1440 (; exitCode ;)
      i32.const 262253 local.set 2
      br $1
    end
  else
    i32.const 0 i32.const 18 i32.store offset=1440 (; exitCode ;)
    i32.const 196713 local.set 2
    br $1
  end
  local.get 9 local.set 18
  local.get 18 local.tee 4 i32.wrap_i64 i32.const 3 i32.and if $2 ;; unlikely
    i32.const 0 local.get 4 i64.store offset=1448 (; exitPayload ;)
    i32.const 327813 local.set 2
    br $1
  end
  local.get 4 i32.const 0 local.get 5 i64.store offset=1024 (; x0 ;)
  i32.const 0 local.get 7 i64.store offset=1040 (; x2 ;)
  i32.const 0 local.get 1 i32.const 5 i32.sub i32.store offset=1432 (; remaining ;)
  return
  unreachable
end
local.get 1 local.get 2 i32.const 16 i32.shr_u i32.sub local.set 1
i32.const 0 local.get 5 i64.store offset=1024 (; x0 ;)
i32.const 0 local.get 7 i64.store offset=1040 (; x2 ;)
i32.const 0 local.get 1 i32.store offset=1432 (; remaining ;)
local.get 2 i32.const 65535 i32.and i64.extend_i32_u
)
