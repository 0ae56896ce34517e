;; subs x0, x0, #1
;; adds x1, x1, x2
;; cmp x3, x4
;; cset x5, gt
;; ret

(func (param i64 i32) (result i64)
(local i32 i32)
(local i64 i64)
(local i32)
(local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
(local i32)
i32.const 0 i32.load offset=1376 (; dataTlb ;) local.set 3
i32.const 0 i64.load offset=1024 (; x0 ;) local.set 5
i32.const 0 i64.load offset=1032 (; x1 ;) local.set 9
i32.const 0 i64.load offset=1040 (; x2 ;) local.set 10
i32.const 0 i64.load offset=1048 (; x3 ;) local.set 11
i32.const 0 i64.load offset=1056 (; x4 ;) local.set 12
i32.const 0 i64.load offset=1064 (; x5 ;) local.set 13
i32.const 0 i64.load offset=1264 (; x30 ;) local.set 14
i32.const 0 i32.load offset=1496 (; lazyKind ;) local.set 6
i32.const 0 i64.load offset=1504 (; lazyLeft ;) local.set 7
i32.const 0 i64.load offset=1512 (; lazyRight ;) local.set 8
block $1
  local.get 1 i32.const 5 i32.lt_s if $2 ;; unlikely
    i32.const 1 local.set 2
    br $1
  end
  local.get 5 local.set 15
  local.get 15 i64.const 1 i64.sub local.set 16
  local.get 15 local.set 7
  i64.const 1 local.set 8
  i32.const 1 local.set 6
  local.get 16 local.set 5
  local.get 9 local.set 16
  local.get 10 local.set 15
  local.get 16 local.get 15 i64.add local.set 17
  local.get 16 local.set 7
  local.get 15 local.set 8
  i32.const 3 local.set 6
  local.get 17 local.set 9
  local.get 11 local.set 17
  local.get 12 local.set 15
  local.get 17 local.get 15 i64.sub local.set 16
  local.get 17 local.set 7
  local.get 15 local.set 8
  i32.const 1 local.set 6
  local.get 16 drop
  local.get 7 local.get 8 i64.le_s local.set 18
  i64.const 0 local.set 16
  i64.const 0 local.set 15
  local.get 16 local.get 15 i64.const 1 i64.add local.get 18 select local.set 13
  local.get 14 local.set 15
  local.get 15 local.tee 4 i32.wrap_i64 i32.const 3 i32.and if $2 ;; unlikely
    i32.const 0 local.get 4 i64.store offset=1448 (; exitPayload ;)
    i32.const 327813 local.set 2
    br $1
  end
  local.get 4 i32.const 0 local.get 5 i64.store offset=1024 (; x0 ;)
  i32.const 0 local.get 9 i64.store offset=1032 (; x1 ;)
  i32.const 0 local.get 13 i64.store offset=1064 (; x5 ;)
  i32.const 0 local.get 6 i32.store offset=1496 (; lazyKind ;)
  i32.const 0 local.get 7 i64.store offset=1504 (; lazyLeft ;)
  i32.const 0 local.get 8 i64.store offset=1512 (; lazyRight ;)
  i32.const 0 local.get 1 i32.const 5 i32.sub i32.store offset=1432 (; remaining ;)
  return
  unreachable
end
local.get 1 local.get 2 i32.const 16 i32.shr_u i32.sub local.set 1
i32.const 0 local.get 5 i64.store offset=1024 (; x0 ;)
i32.const 0 local.get 9 i64.store offset=1032 (; x1 ;)
i32.const 0 local.get 13 i64.store offset=1064 (; x5 ;)
i32.const 0 local.get 6 i32.store offset=1496 (; lazyKind ;)
i32.const 0 local.get 7 i64.store offset=1504 (; lazyLeft ;)
i32.const 0 local.get 8 i64.store offset=1512 (; lazyRight ;)
i32.const 0 local.get 1 i32.store offset=1432 (; remaining ;)
local.get 2 i32.const 65535 i32.and i64.extend_i32_u
)
