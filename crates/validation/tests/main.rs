//! Tests of the `validation` crate.

mod main {
    mod examples;
    mod exceptions;
    mod open_ports;
    mod reference_data;
}
