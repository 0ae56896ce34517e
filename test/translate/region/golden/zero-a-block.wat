;; dc zva, x0
;; ret

(func (param i64 i32) (result i64)
(local i32 i32)
(local i64 i64 i64 i64 i64)
(local i32)
(local i64)
(local i32)
(local i64)
(local i32)
i32.const 0 i32.load offset=1376 (; dataTlb ;) local.set 3
i32.const 0 i64.load offset=1024 (; x0 ;) local.set 5
i32.const 0 i64.load offset=1264 (; x30 ;) local.set 6
block $1
  local.get 1 i32.const 2 i32.lt_s if $2 ;; unlikely
    i32.const 1 local.set 2
    br $1
  end
  i32.const 0 i64.load offset=3104 (; HCR_EL2 ;) local.set 7
  i32.const 0 i64.load offset=2168 (; SCTLR_EL1 ;) local.set 8
  i32.const 0 i32.load offset=1344 (; el ;) local.set 9
  local.get 7 i64.const 0x10000000 i64.and i64.const 0 i64.ne local.get 9 i32.eqz local.get 8 i64.const 16384 i64.and i64.eqz i32.and i32.or if $2 ;; unlikely
    i32.const 0 i32.const 18 i32.store offset=1440 (; exitCode ;)
    i32.const 9 local.set 2
    br $1
  else
    local.get 5 local.set 10
    local.get 10 i64.const -64 i64.and local.tee 12 i64.const 7 i64.shr_u i32.wrap_i64 i32.const 32736 i32.and local.get 3 i32.add local.tee 13 i64.load offset=8 local.get 12 i64.const 63 i64.add i64.const -4096 i64.and i64.ne if $3 ;; unlikely
      i32.const 1 local.set 2
      br $1
    end
    local.get 12 i32.wrap_i64 local.get 13 i32.load offset=16 i32.add local.set 11
    local.get 11 i64.const 0 i64.store
    local.get 11 i64.const 0 i64.store offset=8
    local.get 11 i64.const 0 i64.store offset=16
    local.get 11 i64.const 0 i64.store offset=24
    local.get 11 i64.const 0 i64.store offset=32
    local.get 11 i64.const 0 i64.store offset=40
    local.get 11 i64.const 0 i64.store offset=48
    local.get 11 i64.const 0 i64.store offset=56
  end
  local.get 6 local.set 12
  local.get 12 local.tee 4 i32.wrap_i64 i32.const 3 i32.and if $2 ;; unlikely
    i32.const 0 local.get 4 i64.store offset=1448 (; exitPayload ;)
    i32.const 131109 local.set 2
    br $1
  end
  local.get 4 i32.const 0 local.get 1 i32.const 2 i32.sub i32.store offset=1432 (; remaining ;)
  return
  unreachable
end
local.get 1 local.get 2 i32.const 16 i32.shr_u i32.sub local.set 1
i32.const 0 local.get 1 i32.store offset=1432 (; remaining ;)
local.get 2 i32.const 65535 i32.and i64.extend_i32_u
)
