;; mov x0, #1
;; bl 1f
;; add x0, x0, #1
;; ret
;; 1: ret

(func (param i64 i32) (result i64)
(local i32 i32)
(local i64 i64 i64 i64)
i32.const 0 i32.load offset=1376 (; dataTlb ;) local.set 3
i32.const 0 i64.load offset=1024 (; x0 ;) local.set 5
i32.const 0 i64.load offset=1264 (; x30 ;) local.set 6
block $1
  local.get 1 i32.const 5 i32.lt_s if $2 ;; unlikely
    i32.const 1 local.set 2
    br $1
  end
  i64.const 1 local.set 5
  local.get 0 i64.const 4 i64.add i64.const 4 i64.add local.set 6
  local.get 6 local.set 7
  local.get 5 local.set 7
  local.get 7 i64.const 1 i64.add local.set 5
  local.get 6 local.set 7
  local.get 7 local.tee 4 i32.wrap_i64 i32.const 3 i32.and if $2 ;; unlikely
    i32.const 0 local.get 4 i64.store offset=1448 (; exitPayload ;)
    i32.const 327781 local.set 2
    br $1
  end
  local.get 4 i32.const 0 local.get 5 i64.store offset=1024 (; x0 ;)
  i32.const 0 local.get 6 i64.store offset=1264 (; x30 ;)
  i32.const 0 local.get 1 i32.const 5 i32.sub i32.store offset=1432 (; remaining ;)
  return
  unreachable
end
local.get 1 local.get 2 i32.const 16 i32.shr_u i32.sub local.set 1
i32.const 0 local.get 5 i64.store offset=1024 (; x0 ;)
i32.const 0 local.get 6 i64.store offset=1264 (; x30 ;)
i32.const 0 local.get 1 i32.store offset=1432 (; remaining ;)
local.get 2 i32.const 65535 i32.and i64.extend_i32_u
)
