;; adr x1, 1f
;; add x1, x1, x0, lsl #2
;; br x1
;; 1: b 2f
;; b 2f
;; 2: ret

(func (param i64 i32) (result i64)
(local i32 i32)
(local i64 i64 i64 i64 i64)
(local i32)
i32.const 0 i32.load offset=1376 (; dataTlb ;) local.set 3
i32.const 0 i64.load offset=1032 (; x1 ;) local.set 5
i32.const 0 i64.load offset=1024 (; x0 ;) local.set 6
block $1
  local.get 1 i32.const 3 i32.lt_s if $2 ;; unlikely
    i32.const 1 local.set 2
    br $1
  end
  local.get 0 i64.const 12 i64.add local.set 5
  local.get 5 local.set 7
  local.get 6 local.set 8
  local.get 7 local.get 8 i64.const 2 i64.shl i64.add local.set 5
  local.get 5 local.set 8
  i32.const 3 local.get 0 i64.const 8 i64.add i64.const 8 i64.shr_u i32.wrap_i64 i32.const 4080 i32.and i32.const 0 i32.load offset=1384 (; fetchTlb ;) i32.add i32.load offset=12 i32.const 1 i32.and i32.const 1 i32.shl i32.const 1 i32.or i32.and local.set 9
  i32.const 0 local.get 9 i32.store offset=1472 (; btype ;)
  i32.const 0 local.get 1 i32.const 3 i32.sub i32.store offset=1480 (; btypeRemaining ;)
  local.get 8 local.tee 4 i32.wrap_i64 i32.const 3 i32.and if $2 ;; unlikely
    i32.const 0 local.get 4 i64.store offset=1448 (; exitPayload ;)
    i32.const 196677 local.set 2
    br $1
  end
  local.get 4 i32.const 0 local.get 5 i64.store offset=1032 (; x1 ;)
  i32.const 0 local.get 1 i32.const 3 i32.sub i32.store offset=1432 (; remaining ;)
  return
  unreachable
end
local.get 1 local.get 2 i32.const 16 i32.shr_u i32.sub local.set 1
i32.const 0 local.get 5 i64.store offset=1032 (; x1 ;)
i32.const 0 local.get 1 i32.store offset=1432 (; remaining ;)
local.get 2 i32.const 65535 i32.and i64.extend_i32_u
)
