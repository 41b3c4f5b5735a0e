//! The store's tests: one suite for every backend, random operations held against the naive model, and what
//! only a disk can do: crashes, copies, damage.

#[path = "main/at_rest.rs"]
mod at_rest;
#[path = "main/blobs.rs"]
mod blobs;
#[path = "main/brute_force.rs"]
mod brute_force;
#[path = "main/brute_search.rs"]
mod brute_search;
#[path = "main/commit_stream.rs"]
mod commit_stream;
#[path = "main/conformance.rs"]
mod conformance;
#[path = "main/crash.rs"]
mod crash;
#[path = "main/differential.rs"]
mod differential;
#[path = "main/encrypted.rs"]
mod encrypted;
#[path = "main/flips.rs"]
mod flips;
#[path = "main/keeper.rs"]
mod keeper;
#[path = "main/postgres.rs"]
mod postgres;
#[path = "main/random.rs"]
mod random;
#[path = "main/read_log.rs"]
mod read_log;
#[path = "main/reference_data.rs"]
mod reference_data;
#[path = "main/sample.rs"]
mod sample;
#[path = "main/server.rs"]
mod server;
#[path = "../../search/tests/shared_data.rs"]
mod shared_data;
#[path = "main/simulated.rs"]
mod simulated;
#[path = "main/simulated_run.rs"]
mod simulated_run;
#[path = "main/threads.rs"]
mod threads;
#[path = "main/upkeep.rs"]
mod upkeep;
#[path = "main/words.rs"]
mod words;
