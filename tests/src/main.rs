//! Whole-system scenarios over the running product: the program is built, started and asked as its users do it.
//!
//! The environment sets how much is done:
//!
//! | variable | meaning | otherwise |
//! |---|---|---|
//! | `CHIRON_PROFILE` | the cargo profile of the program, such as `release` | `dev` |
//! | `CHIRON_SHARED` | where the reference data is | `../shared` beside the project |
//! | `CHIRON_UPLOAD_MB` | the size of the large file that goes in and out, in 1,048,576 bytes | 1024 |
//! | `CHIRON_KILLS` | how often a program at work is killed | 12 |
//! | `CHIRON_SEED` | the seed of what happens at random | made from the clock, and printed |
//!
//! With `CI=true`, reference data that is not there is a failure; otherwise its scenarios print that they are skipped.

mod harness;
#[path = "../../crates/store/tests/main/private_postgres.rs"]
mod private_postgres;

mod acme;
mod anchors;
mod attachments;
mod bad_input;
mod broken_import;
mod bulk;
mod bulk_import;
mod contention;
mod demo;
mod ehi;
mod ehi_patient;
mod full_disk;
mod guarantees;
mod https_redirect;
mod keys;
mod killed;
mod lifecycle;
mod live;
mod notes;
mod openid;
mod pace;
mod people;
mod point_in_time;
mod postgres;
mod privacy;
mod profile_examples;
mod promises;
mod smart;
mod subscriptions;
mod synth;
mod synthea;
mod tls;
mod tokens;
mod us_core;
mod virus_scanner;
