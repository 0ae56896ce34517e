// Its vectors are not memory: the first exception faults for ever. Then: what WFI does with everything masked.
        .text
        .global _start, sleep
_start: msr     vbar_el1, xzr
        brk     #1
sleep:  wfi
        b       sleep
