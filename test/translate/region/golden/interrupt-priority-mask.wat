;; mrs x0, icc_pmr_el1
;; msr icc_pmr_el1, x1
;; ret

(func (param i64 i32) (result i64)
(local i32 i32)
(local i64 i64 i64 i64)
(local i32)
(local i64)
(local i32)
(local i64 i64 i64 i64)
i32.const 0 i32.load offset=1376 (; dataTlb ;) local.set 3
i32.const 0 i64.load offset=1024 (; x0 ;) local.set 5
i32.const 0 i64.load offset=1032 (; x1 ;) local.set 6
i32.const 0 i64.load offset=1264 (; x30 ;) local.set 7
block $1
  local.get 1 i32.const 3 i32.lt_s if $2 ;; unlikely
    i32.const 1 local.set 2
    br $1
  end
  i32.const 0 i32.load offset=1520 (; direct ;) local.set 8
  local.get 8 i32.const 1048576 i32.and if $2
    i32.const 0 i64.load offset=3768 (; ICH_VMCR_EL2 ;) local.set 9
    local.get 9 i32.wrap_i64 i32.const 24 i32.shr_u i64.extend_i32_u local.set 5
  else
    i32.const 0 i32.const 18 i32.store offset=1440 (; exitCode ;)
    i32.const 9 local.set 2
    br $1
  end
  i32.const 0 i32.load offset=1520 (; direct ;) local.set 8
  local.get 8 i32.const 1048576 i32.and if $2
    local.get 6 i32.wrap_i64 local.set 10
    i32.const 0 i64.load offset=3768 (; ICH_VMCR_EL2 ;) local.set 9
    i32.const 0 i64.load offset=3776 (; ICH_LR0_EL2 ;) local.set 11
    i32.const 0 i64.load offset=3784 (; ICH_LR1_EL2 ;) local.set 12
    i32.const 0 i64.load offset=3792 (; ICH_LR2_EL2 ;) local.set 13
    i32.const 0 i64.load offset=3800 (; ICH_LR3_EL2 ;) local.set 14
    local.get 11 i64.const 62 i64.shr_u i64.const 1 i64.eq local.get 12 i64.const 62 i64.shr_u i64.const 1 i64.eq i32.or local.get 13 i64.const 62 i64.shr_u i64.const 1 i64.eq i32.or local.get 14 i64.const 62 i64.shr_u i64.const 1 i64.eq i32.or if $3 ;; unlikely
      i32.const 0 i32.const 18 i32.store offset=1440 (; exitCode ;)
      i32.const 65577 local.set 2
      br $1
    else
      i32.const 0 local.get 9 i32.wrap_i64 i32.const 16777215 i32.and local.get 10 i32.const 248 i32.and i32.const 24 i32.shl i32.or i64.extend_i32_u i64.store offset=3768 (; ICH_VMCR_EL2 ;)
    end
  else
    i32.const 0 i32.const 18 i32.store offset=1440 (; exitCode ;)
    i32.const 65577 local.set 2
    br $1
  end
  local.get 7 local.set 14
  local.get 14 local.tee 4 i32.wrap_i64 i32.const 3 i32.and if $2 ;; unlikely
    i32.const 0 local.get 4 i64.store offset=1448 (; exitPayload ;)
    i32.const 196677 local.set 2
    br $1
  end
  local.get 4 i32.const 0 local.get 5 i64.store offset=1024 (; x0 ;)
  i32.const 0 local.get 1 i32.const 3 i32.sub i32.store offset=1432 (; remaining ;)
  return
  unreachable
end
local.get 1 local.get 2 i32.const 16 i32.shr_u i32.sub local.set 1
i32.const 0 local.get 5 i64.store offset=1024 (; x0 ;)
i32.const 0 local.get 1 i32.store offset=1432 (; remaining ;)
local.get 2 i32.const 65535 i32.and i64.extend_i32_u
)
