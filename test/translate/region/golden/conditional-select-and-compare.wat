;; cmp w0, #10
;; ccmp w1, #5, #4, ne
;; csinc x2, x3, x4, eq
;; csneg w5, w6, w7, lt
;; ret

(func (param i64 i32) (result i64)
(local i32 i32)
(local i64 i64)
(local i32)
(local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
(local i32 i32 i32 i32)
(local i64 i64)
i32.const 0 i32.load offset=1376 (; dataTlb ;) local.set 3
i32.const 0 i64.load offset=1024 (; x0 ;) local.set 5
i32.const 0 i64.load offset=1032 (; x1 ;) local.set 9
i32.const 0 i64.load offset=1048 (; x3 ;) local.set 10
i32.const 0 i64.load offset=1056 (; x4 ;) local.set 11
i32.const 0 i64.load offset=1040 (; x2 ;) local.set 12
i32.const 0 i64.load offset=1072 (; x6 ;) local.set 13
i32.const 0 i64.load offset=1080 (; x7 ;) local.set 14
i32.const 0 i64.load offset=1064 (; x5 ;) local.set 15
i32.const 0 i64.load offset=1264 (; x30 ;) local.set 16
i32.const 0 i32.load offset=1496 (; lazyKind ;) local.set 6
i32.const 0 i64.load offset=1504 (; lazyLeft ;) local.set 7
i32.const 0 i64.load offset=1512 (; lazyRight ;) local.set 8
block $1
  local.get 1 i32.const 5 i32.lt_s if $2 ;; unlikely
    i32.const 1 local.set 2
    br $1
  end
  local.get 5 i32.wrap_i64 local.set 17
  local.get 17 i32.const 10 i32.sub local.set 18
  local.get 17 i64.extend_i32_u local.set 7
  i32.const 10 i64.extend_i32_u local.set 8
  i32.const 2 local.set 6
  local.get 18 drop
  local.get 9 i32.wrap_i64 local.set 18
  local.get 7 i32.wrap_i64 local.get 8 i32.wrap_i64 i32.ne local.set 17
  local.get 17 if $2
    local.get 18 i32.const 5 i32.sub local.set 19
    local.get 18 i64.extend_i32_u local.set 7
    i32.const 5 i64.extend_i32_u local.set 8
    i32.const 2 local.set 6
  else
    i32.const 4 i64.extend_i32_u local.set 7
    i32.const 0 local.set 6
  end
  local.get 17 local.set 20
  local.get 7 i32.wrap_i64 local.get 8 i32.wrap_i64 i32.eq i32.const 61680 local.get 7 i32.wrap_i64 i32.shr_u i32.const 1 i32.and local.get 20 select local.set 19
  local.get 10 local.set 21
  local.get 11 local.set 22
  local.get 21 local.get 22 i64.const 1 i64.add local.get 19 select local.set 12
  local.get 7 i32.wrap_i64 local.get 8 i32.wrap_i64 i32.lt_s i32.const 21930 local.get 7 i32.wrap_i64 i32.shr_u i32.const 1 i32.and local.get 20 select local.set 19
  local.get 13 i32.wrap_i64 local.set 17
  local.get 14 i32.wrap_i64 local.set 18
  local.get 17 i32.const 0 local.get 18 i32.sub local.get 19 select i64.extend_i32_u local.set 15
  local.get 16 local.set 22
  local.get 22 local.tee 4 i32.wrap_i64 i32.const 3 i32.and if $2 ;; unlikely
    i32.const 0 local.get 4 i64.store offset=1448 (; exitPayload ;)
    i32.const 327813 local.set 2
    br $1
  end
  local.get 4 i32.const 0 local.get 12 i64.store offset=1040 (; x2 ;)
  i32.const 0 local.get 15 i64.store offset=1064 (; x5 ;)
  i32.const 0 local.get 6 i32.store offset=1496 (; lazyKind ;)
  i32.const 0 local.get 7 i64.store offset=1504 (; lazyLeft ;)
  i32.const 0 local.get 8 i64.store offset=1512 (; lazyRight ;)
  i32.const 0 local.get 1 i32.const 5 i32.sub i32.store offset=1432 (; remaining ;)
  return
  unreachable
end
local.get 1 local.get 2 i32.const 16 i32.shr_u i32.sub local.set 1
i32.const 0 local.get 12 i64.store offset=1040 (; x2 ;)
i32.const 0 local.get 15 i64.store offset=1064 (; x5 ;)
i32.const 0 local.get 6 i32.store offset=1496 (; lazyKind ;)
i32.const 0 local.get 7 i64.store offset=1504 (; lazyLeft ;)
i32.const 0 local.get 8 i64.store offset=1512 (; lazyRight ;)
i32.const 0 local.get 1 i32.store offset=1432 (; remaining ;)
local.get 2 i32.const 65535 i32.and i64.extend_i32_u
)
