/** The memory that every machine gives its generated code: not shared, up to 4 GiB in pages of 64 KiB. */
export const MACHINE_MEMORY = { shared: false, maximumPages: 65536 } as const;
