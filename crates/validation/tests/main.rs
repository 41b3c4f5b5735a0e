//! Tests of the `validation` crate.

mod main {
    mod cases;
    mod examples;
    mod exceptions;
    mod mutations;
    mod open_ports;
    mod own_profiles;
    mod package_examples;
    mod reference_data;
    mod snapshots;
    mod validated;
    mod validator_suite;
}
