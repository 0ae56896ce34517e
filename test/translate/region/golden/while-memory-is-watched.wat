;; ldr x0, [x1, #8]
;; strb w0, [x2]
;; ldr q0, [x3]
;; ret

(func (param i64 i32) (result i64)
(local i32 i32)
(local i64 i64 i64 i64 i64 i64 i64)
(local i32)
(local i64 i64)
(local i32)
(local i64)
(local i32)
(local v128 v128)
i32.const 0 i32.load offset=1376 (; dataTlb ;) local.set 3
i32.const 0 i64.load offset=1032 (; x1 ;) local.set 5
i32.const 0 i64.load offset=1024 (; x0 ;) local.set 6
i32.const 0 i64.load offset=1040 (; x2 ;) local.set 7
i32.const 0 i64.load offset=1048 (; x3 ;) local.set 8
i32.const 0 i64.load offset=1264 (; x30 ;) local.set 9
block $1
  local.get 1 i32.const 4 i32.lt_s if $2 ;; unlikely
    i32.const 1 local.set 2
    br $1
  end
  local.get 5 local.set 10
  local.get 10 i64.const 8 i64.add local.tee 13 i64.const 7 i64.shr_u i32.wrap_i64 i32.const 32736 i32.and local.get 3 i32.add local.tee 14 i64.load local.get 13 i64.const 7 i64.add i64.const -4096 i64.and i64.xor local.tee 15 i64.const 0 i64.ne if $2 ;; unlikely
    local.get 15 i64.const 2048 i64.ne local.get 13 i32.wrap_i64 local.get 14 i32.load16_u offset=20 i32.sub i32.const 4095 i32.and i32.const 8 i32.add local.get 14 i32.load16_u offset=22 i32.gt_u i32.or if $3 ;; unlikely
      i32.const 1 local.set 2
      br $1
    end
  end
  local.get 13 i32.wrap_i64 local.get 14 i32.load offset=16 i32.add local.set 11
  local.get 11 i64.load local.set 15
  local.get 15 local.set 12
  local.get 12 local.set 6
  local.get 7 local.set 15
  local.get 6 i32.wrap_i64 local.set 14
  local.get 15 i64.const 0 i64.add local.tee 13 i64.const 7 i64.shr_u i32.wrap_i64 i32.const 32736 i32.and local.get 3 i32.add local.tee 16 i64.load offset=8 local.get 13 i64.const -4096 i64.and i64.xor local.tee 12 i64.const 0 i64.ne if $2 ;; unlikely
    local.get 12 i64.const 2048 i64.ne local.get 13 i32.wrap_i64 local.get 16 i32.load16_u offset=24 i32.sub i32.const 4095 i32.and i32.const 1 i32.add local.get 16 i32.load16_u offset=26 i32.gt_u i32.or if $3 ;; unlikely
      i32.const 65569 local.set 2
      br $1
    end
  end
  local.get 13 i32.wrap_i64 local.get 16 i32.load offset=16 i32.add local.set 11
  local.get 11 local.get 14 i32.store8
  i32.const 0 i32.load offset=1360 (; fpTrap ;) local.set 16
  local.get 16 if $2 ;; unlikely
    i32.const 0 i32.const 20 i32.store offset=1440 (; exitCode ;)
    i32.const 131145 local.set 2
    br $1
  end
  local.get 8 local.set 13
  local.get 13 i64.const 0 i64.add local.tee 15 i64.const 7 i64.shr_u i32.wrap_i64 i32.const 32736 i32.and local.get 3 i32.add local.tee 14 i64.load local.get 15 i64.const 15 i64.add i64.const -4096 i64.and i64.xor local.tee 12 i64.const 0 i64.ne if $2 ;; unlikely
    local.get 12 i64.const 2048 i64.ne local.get 15 i32.wrap_i64 local.get 14 i32.load16_u offset=20 i32.sub i32.const 4095 i32.and i32.const 16 i32.add local.get 14 i32.load16_u offset=22 i32.gt_u i32.or if $3 ;; unlikely
      i32.const 131137 local.set 2
      br $1
    end
  end
  local.get 15 i32.wrap_i64 local.get 14 i32.load offset=16 i32.add local.set 11
  local.get 11 v128.load local.set 18
  local.get 18 local.set 17
  i32.const 0 local.get 17 v128.store offset=1536 (; v0 ;)
  local.get 9 local.set 15
  local.get 15 local.tee 4 i32.wrap_i64 i32.const 3 i32.and if $2 ;; unlikely
    i32.const 0 local.get 4 i64.store offset=1448 (; exitPayload ;)
    i32.const 262245 local.set 2
    br $1
  end
  local.get 4 i32.const 0 local.get 6 i64.store offset=1024 (; x0 ;)
  i32.const 0 local.get 1 i32.const 4 i32.sub i32.store offset=1432 (; remaining ;)
  return
  unreachable
end
local.get 1 local.get 2 i32.const 16 i32.shr_u i32.sub local.set 1
i32.const 0 local.get 6 i64.store offset=1024 (; x0 ;)
i32.const 0 local.get 1 i32.store offset=1432 (; remaining ;)
local.get 2 i32.const 65535 i32.and i64.extend_i32_u
)
