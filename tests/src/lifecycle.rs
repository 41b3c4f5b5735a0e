//! A practice's program through its life: one process for the data, a safe address, settings, copies, a move.

use crate::demo;
use crate::harness::content::{self, Content};
use crate::harness::folder::{copy_folder, copy_key, new_folder};
use crate::harness::http::Client;
use crate::harness::program::{self, Outcome, verify};
use crate::harness::samples::put_both;
use crate::harness::server::{Server, free_address};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

#[test]
fn a_second_process_on_the_same_data_is_told_who_has_it() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    let process = server.process().to_string();
    for arguments in [["serve", "--listen", "127.0.0.1:0"], ["demo", "--patients", "1"]] {
        let outcome = program::run(server.data(), arguments);
        assert_eq!(outcome.code, Some(1), "{outcome:?}");
        let reason = outcome.failure();
        assert!(reason.contains("in use") && reason.contains(&process), "{reason}");
    }
    // Commands are done by the one that has it.
    verify(server.data());
    assert_eq!(server.client().get("/fhir/metadata").status, 200);
    server.stop();
    // And without it, by themselves.
    verify(&folder.path().join("data"));
}

#[test]
fn a_taken_port_is_named() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    let address = server.address().to_string();
    let outcome = program::run(&folder.path().join("other"), ["serve", "--listen", &address]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.failure().contains(&address), "{outcome:?}");
    server.stop();
}

#[test]
fn patients_data_is_not_carried_in_plain_text_by_mistake() {
    let folder = new_folder();
    let data = folder.path().join("data");
    let listen = format!("0.0.0.0:{}", free_address().port());
    for command in ["serve", "demo"] {
        let outcome = program::run(&data, [command, "--listen", &listen]);
        assert_eq!(outcome.code, Some(1), "{outcome:?}");
        assert!(outcome.failure().contains("--behind-proxy"), "{outcome:?}");
    }
    assert!(!data.exists(), "nothing was made");
    let mut command = program::command(&data, ["serve", "--behind-proxy", "--listen", &listen]);
    let mut child = command.stdout(Stdio::null()).spawn().unwrap();
    let address = listen.replace("0.0.0.0", "127.0.0.1").parse().unwrap();
    let begun = Instant::now();
    let mut answer = Client::new(address).try_send("GET", "/fhir/metadata", &[], b"");
    while answer.is_err() && begun.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(20));
        answer = Client::new(address).try_send("GET", "/fhir/metadata", &[], b"");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(answer.unwrap().status, 200);
}

#[test]
fn every_setting_is_shown_with_its_source() {
    let folder = new_folder();
    let file = folder.path().join("chiron.toml");
    std::fs::write(&file, "log = \"error\"\nbase-url = \"https://a.example\"\nlisten = \"127.0.0.1:1\"\n")
        .unwrap();
    let run = |arguments: &[&str]| {
        let mut command = program::bare(folder.path(), arguments);
        command.env_remove("CHIRON_LOG").env("CHIRON_LISTEN", "127.0.0.1:2").arg("--json");
        Outcome::of(&command.output().unwrap())
    };
    let shown = run(&["config", "--data", "here"]);
    assert_eq!(shown.code, Some(0), "{shown:?}");
    let rows = [
        ("data", "here", "flag"),
        ("listen", "127.0.0.1:2", "environment"),
        ("base-url", "https://a.example", "chiron.toml"),
        ("behind-proxy", "false", "default"),
    ];
    for (name, value, source) in rows {
        let row = &shown.answer()[name];
        assert_eq!((&row["value"], &row["source"]), (&value.into(), &source.into()), "{name}");
    }
    std::fs::write(&file, "lissten = \"127.0.0.1:1\"\n").unwrap();
    let wrong = run(&["config"]);
    assert_eq!(wrong.code, Some(1), "{wrong:?}");
    assert!(wrong.failure().contains("lissten") && wrong.failure().contains("chiron.toml"), "{wrong:?}");
    let missing = run(&["config", "--config", "nowhere.toml"]);
    assert!(missing.code == Some(1) && missing.failure().contains("nowhere.toml"), "{missing:?}");
}

#[test]
fn a_backup_of_a_server_at_work_is_whole() {
    let folder = new_folder();
    let (data, copy) = (folder.path().join("data"), folder.path().join("copy"));
    let server = Server::start(&data);
    let first = server.administrator();
    let (ended, written) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let write = |name: u32| {
        let (ended, written, mut client) = (Arc::clone(&ended), Arc::clone(&written), first.again());
        std::thread::spawn(move || {
            for number in 0.. {
                assert_eq!(client.post("/fhir", &put_both(&format!("w{name}-{number}"))).status, 200);
                written.fetch_add(1, Ordering::SeqCst);
                if ended.load(Ordering::SeqCst) {
                    break;
                }
            }
        })
    };
    let writers: Vec<_> = (0..4).map(write).collect();
    std::thread::sleep(Duration::from_millis(500));
    let before = written.load(Ordering::SeqCst);
    program::succeed(&data, ["backup".as_ref(), copy.as_os_str()]);
    let after = written.load(Ordering::SeqCst) + 4;
    ended.store(true, Ordering::SeqCst);
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    server.stop();

    let again = program::run(&data, ["backup".as_ref(), copy.as_os_str()]);
    assert_eq!(again.code, Some(1), "a folder that holds a backup is not written over: {again:?}");
    let restored = folder.path().join("restored");
    program::succeed(&restored, ["restore".as_ref(), copy.as_os_str()]);
    // HS4: a backup opens with the key alone, which is not in it.
    let refused = program::run(&restored, ["verify"]);
    assert!(refused.code == Some(1) && refused.failure().contains("restored.key is missing"), "{refused:?}");
    copy_key(&data, &restored);
    let documents = verify(&restored)["documents"].as_u64().unwrap();
    assert_eq!(documents % 2, 0, "pairs are whole");
    assert!((2 * before..=2 * after).contains(&documents), "{documents}, of {before} to {after} pairs");
    let found = export(&restored, &folder.path().join("found"));
    let all = export(&data, &folder.path().join("all"));
    assert!(found.iter().all(|(key, json)| all.get(key) == Some(json)));

    let occupied = program::run(&data, ["restore".as_ref(), copy.as_os_str()]);
    assert_eq!(occupied.code, Some(1), "data is not restored over: {occupied:?}");
    verify(&data);
    // The restored data is at work again.
    let server = Server::start(&restored);
    assert_eq!(server.administrator().post("/fhir", &put_both("later")).status, 200);
    server.stop();
}

#[test]
fn a_damaged_backup_is_not_restored() {
    let folder = new_folder();
    let (data, copy) = (folder.path().join("data"), folder.path().join("copy"));
    copy_folder(&demo::made(), &data);
    program::succeed(&data, ["backup".as_ref(), copy.as_os_str()]);
    let file = copy.join("chiron.sqlite");
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let outcome = program::run(&folder.path().join("restored"), ["restore".as_ref(), copy.as_os_str()]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.failure().contains("chiron.sqlite"), "{outcome:?}");
}

#[test]
fn an_export_is_imported_as_it_was() {
    let folder = new_folder();
    let (data, moved) = (folder.path().join("data"), folder.path().join("moved"));
    copy_folder(&demo::made(), &data);
    let first = export(&data, &folder.path().join("first"));
    let imported = program::run(&moved, ["import".as_ref(), folder.path().join("first").as_os_str()]);
    assert_eq!(imported.code, Some(0), "{imported:?}");
    assert_eq!(imported.answer()["resources"], serde_json::to_value(content::counts(&first)).unwrap());
    content::assert_equal(&export(&moved, &folder.path().join("second")), &first);
    verify(&moved);
}

#[test]
fn data_of_a_newer_program_is_left_alone() {
    let folder = new_folder();
    let data = folder.path().join("data");
    verify(&data);
    let mut change = Command::new("sqlite3");
    change.arg(data.join("chiron.sqlite")).arg("UPDATE meta SET value = 999 WHERE name = 'schema'");
    if !change.status().is_ok_and(|status| status.success()) {
        println!("skipped: data_of_a_newer_program_is_left_alone needs the program sqlite3");
        return;
    }
    for arguments in [["verify"], ["serve"]] {
        let outcome = program::run(&data, arguments);
        assert_eq!(outcome.code, Some(1), "{outcome:?}");
        assert!(outcome.failure().contains("999") && outcome.failure().contains("newer"), "{outcome:?}");
    }
}

#[test]
fn a_data_folder_with_a_long_path_serves() {
    let folder = new_folder();
    // A socket's address has 108 bytes at most.
    let data = folder.path().join("a".repeat(120)).join("data");
    std::fs::create_dir_all(data.parent().unwrap()).unwrap();
    let server = Server::start(&data);
    assert_eq!(server.administrator().post("/fhir", &put_both("one")).status, 200);
    server.stop();
}

fn export(data: &Path, to: &Path) -> Content {
    program::succeed(data, ["export".as_ref(), to.as_os_str()]);
    content::of_export(to)
}
