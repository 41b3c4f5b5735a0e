//! libFuzzer over one target, which `FUZZ_TARGET` names. Built and started by `cargo xtask fuzz`.

#![no_main]
// libFuzzer finds its entry by an unmangled name, which counts as unsafe code.
#![allow(unsafe_code, missing_docs)]

use std::sync::LazyLock;

static TARGET: LazyLock<&fuzz::Target> = LazyLock::new(|| {
    let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
    fuzz::target(&name).unwrap_or_else(|| panic!("FUZZ_TARGET names no target: '{name}'"))
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (TARGET.check)(bytes));
