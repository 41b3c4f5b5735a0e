//! The `chiron` binary: one program that is the whole practice system.

fn main() {}
