;; cbz x0, 2f
;; 1: add x1, x1, #1
;; tbz x1, #3, 2f
;; .rept 35
;; nop
;; .endr
;; 2: add x2, x2, #1
;; .rept 35
;; nop
;; .endr
;; tbz x2, #4, 1b
;; ret

(func (param i64 i32) (result i64)
(local i32 i32)
(local i64 i64 i64 i64 i64 i64)
(local i32 i32)
i32.const 0 i32.load offset=1376 (; dataTlb ;) local.set 3
i32.const 0 i64.load offset=1024 (; x0 ;) local.set 5
i32.const 0 i64.load offset=1040 (; x2 ;) local.set 6
i32.const 0 i64.load offset=1032 (; x1 ;) local.set 7
i32.const 0 i64.load offset=1264 (; x30 ;) local.set 8
block $1
  local.get 1 i32.const 1 i32.lt_s if $2 ;; unlikely
    i32.const 1 local.set 2
    br $1
  end
  block $2
    local.get 5 local.set 9
    local.get 9 i64.eqz if $3
      i32.const 1 local.set 10
      local.get 1 i32.const 1 i32.sub local.set 1
      br $2
    else
      i32.const 0 local.set 10
      local.get 1 i32.const 1 i32.sub local.set 1
      br $2
    end
    unreachable
  end
  loop $2
    local.get 1 i32.const 75 i32.lt_s if $3 ;; unlikely
      local.get 10 i32.const 0 i32.eq if $4
        i32.const 33 local.set 2
        br $1
      end
      i32.const 1217 local.set 2
      br $1
    end
    block $3
      block $4
        local.get 10 br_table $4 $3
      end
      local.get 7 local.set 9
      local.get 9 i64.const 1 i64.add local.set 7
      local.get 7 i32.wrap_i64 local.set 11
      local.get 11 i32.const 8 i32.and i32.eqz if $4
        local.get 1 i32.const 2 i32.sub local.set 1
        br $3
      else
        local.get 1 i32.const 37 i32.sub local.set 1
        br $3
      end
      unreachable
    end
    local.get 6 local.set 9
    local.get 9 i64.const 1 i64.add local.set 6
    local.get 6 i32.wrap_i64 local.set 11
    local.get 11 i32.const 16 i32.and i32.eqz if $3
      i32.const 0 local.set 10
      local.get 1 i32.const 37 i32.sub local.set 1
      br $2
    else
      local.get 8 local.set 9
      local.get 9 local.tee 4 i32.wrap_i64 i32.const 3 i32.and if $4 ;; unlikely
        i32.const 0 local.get 4 i64.store offset=1448 (; exitPayload ;)
        i32.const 2492773 local.set 2
        br $1
      end
      local.get 4 i32.const 0 local.get 6 i64.store offset=1040 (; x2 ;)
      i32.const 0 local.get 7 i64.store offset=1032 (; x1 ;)
      i32.const 0 local.get 1 i32.const 38 i32.sub i32.store offset=1432 (; remaining ;)
      return
    end
    unreachable
  end
  unreachable
end
local.get 1 local.get 2 i32.const 16 i32.shr_u i32.sub local.set 1
i32.const 0 local.get 6 i64.store offset=1040 (; x2 ;)
i32.const 0 local.get 7 i64.store offset=1032 (; x1 ;)
i32.const 0 local.get 1 i32.store offset=1432 (; remaining ;)
local.get 2 i32.const 65535 i32.and i64.extend_i32_u
)
