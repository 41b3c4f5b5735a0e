//! What the gate needs beside the Rust toolchain, and how it gets there.
//!
//! On Debian, as root, what is missing is installed. Everywhere else the gate says what to install and
//! stops, because a program that installs things on somebody's machine should be asked to.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, bail, ensure};

/// How to tell that a prerequisite is there.
enum Sign {
    /// Any of these programs is on the search path.
    Program(&'static [&'static str]),
    /// Any font of this family is installed.
    Font(&'static str),
    /// This program of any version of PostgreSQL is installed: where Debian has them, which is not on the search path.
    Postgresql(&'static str),
}

/// A thing from the system's packages.
struct Prerequisite {
    sign: Sign,
    debian_package: &'static str,
    needed_for: &'static str,
}

const PREREQUISITES: &[Prerequisite] = &[
    Prerequisite {
        sign: Sign::Program(&["git"]),
        debian_package: "git",
        needed_for: "the list of the project's files",
    },
    Prerequisite {
        sign: Sign::Program(&["cc"]),
        debian_package: "build-essential",
        needed_for: "building SQLite and zstd",
    },
    Prerequisite {
        sign: Sign::Program(&["chromium", "chromium-browser", "google-chrome"]),
        debian_package: "chromium",
        needed_for: "tests that look at pages",
    },
    Prerequisite {
        sign: Sign::Program(&["chromedriver"]),
        debian_package: "chromium-driver",
        needed_for: "tests that look at pages",
    },
    Prerequisite {
        sign: Sign::Program(&["fc-list"]),
        debian_package: "fontconfig",
        needed_for: "fonts in screenshots",
    },
    Prerequisite {
        sign: Sign::Font("DejaVu Sans"),
        debian_package: "fonts-dejavu-core",
        needed_for: "the same letters in every screenshot",
    },
    Prerequisite {
        sign: Sign::Font("Liberation Sans"),
        debian_package: "fonts-liberation",
        needed_for: "the same letters in every screenshot",
    },
    Prerequisite {
        sign: Sign::Postgresql("initdb"),
        debian_package: "postgresql",
        needed_for: "tests of the store on a server of their own",
    },
];

/// A part of the Rust toolchain: the cargo command that shows it is there, and rustup's name for it.
const COMPONENTS: &[(&str, &str)] = &[("fmt", "rustfmt"), ("clippy", "clippy")];

/// Installs what is missing where that is proper, or says what to install.
///
/// # Errors
/// When something is missing and was not installed.
pub fn ensure_all() -> anyhow::Result<()> {
    for (command, component) in COMPONENTS {
        if !succeeds(Command::new(env!("CARGO")).args([command, "--version"])) {
            run(Command::new("rustup").args(["component", "add", component]))?;
        }
    }
    let missing = missing();
    if missing.is_empty() {
        println!("all there");
        return Ok(());
    }
    for prerequisite in &missing {
        println!("missing: {} ({})", prerequisite.debian_package, prerequisite.needed_for);
    }
    let packages: Vec<&str> = missing.iter().map(|prerequisite| prerequisite.debian_package).collect();
    if !(Path::new("/etc/debian_version").exists() && is_root()) {
        bail!("install what is missing; on Debian: sudo apt-get install {}", packages.join(" "));
    }
    install(&packages)?;
    let left = self::missing();
    ensure!(left.is_empty(), "{} was installed and is still not found", left[0].debian_package);
    Ok(())
}

fn missing() -> Vec<&'static Prerequisite> {
    PREREQUISITES.iter().filter(|prerequisite| !is_there(&prerequisite.sign)).collect()
}

fn is_there(sign: &Sign) -> bool {
    match sign {
        Sign::Program(names) => names.iter().any(|name| on_search_path(name)),
        Sign::Postgresql(program) => {
            let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
            versions.map(|entry| entry.path().join("bin").join(program)).any(|path| path.is_file())
        }
        Sign::Font(family) => {
            let listed = Command::new("fc-list").args([*family, "family"]).output();
            listed.is_ok_and(|output| !output.stdout.trim_ascii().is_empty())
        }
    }
}

fn on_search_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn install(packages: &[&str]) -> anyhow::Result<()> {
    let apt_get = || {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null());
        command
    };
    run(apt_get().args(["update", "--quiet"]))?;
    run(apt_get().args(["install", "--yes", "--quiet", "--no-install-recommends"]).args(packages))
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let shown = format!("{command:?}");
    println!("{shown}");
    let status = command.status().with_context(|| shown.clone())?;
    ensure!(status.success(), "{shown} failed");
    Ok(())
}

fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}
