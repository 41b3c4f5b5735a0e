//! `cargo xtask tidy`: the house rules that the compiler and clippy do not know.
//!
//! A rule is one file in `tidy/` and one row of [`RULES`].

mod crate_edges;
mod data_sources;
mod exceptions;
mod file_size;
mod forbidden_names;
mod function_size;
mod licensed_tables;
mod machine_paths;
mod module_docs;
mod pure_crates;
mod registry_hosts;
mod release_names;
mod tree;
mod unfinished;
mod unsafe_code;
mod violation;
mod whitespace;

use anyhow::{bail, ensure};

use crate::checkout::Checkout;
use tree::Tree;
use violation::Violation;

/// One rule of the house.
struct Rule {
    name: &'static str,
    help: &'static str,
    /// Whether a place may be excused in `xtask/tidy-exceptions.txt`.
    excusable: bool,
    check: fn(&Tree) -> Vec<Violation>,
}

const RULES: &[Rule] = &[
    Rule {
        name: "crate-edges",
        help: "a crate uses lower layers only",
        excusable: false,
        check: crate_edges::check,
    },
    Rule {
        name: "pure-crates",
        help: "pure crates know no file, socket, clock or thread",
        excusable: false,
        check: pure_crates::check,
    },
    Rule {
        name: "file-size",
        help: "no Rust file is longer than 800 lines",
        excusable: true,
        check: file_size::check,
    },
    Rule {
        name: "function-size",
        help: "no function is longer than 80 lines",
        excusable: true,
        check: function_size::check,
    },
    Rule {
        name: "module-docs",
        help: "every Rust file begins with its documentation",
        excusable: false,
        check: module_docs::check,
    },
    Rule {
        name: "unfinished",
        help: "no mark of unfinished work",
        excusable: false,
        check: unfinished::check,
    },
    Rule {
        name: "release-names",
        help: "FHIR release names stay in data/ and crates/fhir",
        excusable: true,
        check: release_names::check,
    },
    Rule {
        name: "forbidden-names",
        help: "no crate, folder or module is a drawer for odds and ends",
        excusable: false,
        check: forbidden_names::check,
    },
    Rule {
        name: "machine-paths",
        help: "no path of somebody's machine",
        excusable: false,
        check: machine_paths::check,
    },
    Rule {
        name: "registry-hosts",
        help: "no host name of a package registry",
        excusable: false,
        check: registry_hosts::check,
    },
    Rule {
        name: "unsafe-code",
        help: "unsafe code in its homes alone, which are for tests",
        excusable: false,
        check: unsafe_code::check,
    },
    Rule {
        name: "whitespace",
        help: "no tabs, trailing blanks or carriage returns",
        excusable: false,
        check: whitespace::check,
    },
    Rule {
        name: "data-sources",
        help: "every data file names its source and licence",
        excusable: false,
        check: data_sources::check,
    },
    Rule {
        name: "licensed-tables",
        help: "no table of CPT or CDT codes",
        excusable: true,
        check: licensed_tables::check,
    },
];

/// Checks every rule on the checkout and prints what is wrong. With `--list`, prints the rules.
///
/// # Errors
/// When a rule is broken, or the files cannot be read.
pub fn run(checkout: &Checkout, words: &[String]) -> anyhow::Result<()> {
    match words {
        [] => {}
        [word] if word == "--list" => {
            for rule in RULES {
                println!("{:<16} {}", rule.name, rule.help);
            }
            return Ok(());
        }
        _ => bail!("the only option is --list"),
    }
    let tree = Tree::read(checkout)?;
    let violations = violations(&tree)?;
    for violation in &violations {
        println!("{violation}");
    }
    ensure!(violations.is_empty(), "{} to mend", violations.len());
    println!("{} rules hold in {} files", RULES.len(), tree.files().len());
    Ok(())
}

/// What is wrong in `tree`, less what the exceptions file excuses, plus exceptions that excuse nothing.
fn violations(tree: &Tree) -> anyhow::Result<Vec<Violation>> {
    let mut exceptions = exceptions::read(tree)?;
    let mut found = Vec::new();
    for rule in RULES {
        for violation in (rule.check)(tree) {
            if !(rule.excusable && exceptions.excuse(rule.name, &violation.place())) {
                found.push(violation);
            }
        }
    }
    found.extend(exceptions.not_needed());
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checkout_is_tidy() {
        let tree = Tree::read(&Checkout::here()).expect("the checkout can be read");
        let found = violations(&tree).expect("the exceptions can be read");
        let listed: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert!(listed.is_empty(), "\n{}", listed.join("\n"));
    }

    #[test]
    fn an_exception_excuses_its_place_and_must_be_needed() {
        let long = "//! Long.\n".repeat(900);
        let excused = "file-size crates/a/src/lib.rs: one table\n";
        let tree = Tree::sample(&[("crates/a/src/lib.rs", &long), (exceptions::PATH, excused)]);
        assert!(!violations(&tree).unwrap().iter().any(|v| v.message.contains("900 lines")));

        let tree = Tree::sample(&[("crates/a/src/lib.rs", "//! Short.\n"), (exceptions::PATH, excused)]);
        let found = violations(&tree).unwrap();
        assert!(found.iter().any(|v| v.path == exceptions::PATH && v.line == 1), "{found:?}");
    }

    #[test]
    fn a_rule_without_exceptions_takes_none() {
        let excused = "module-docs crates/a/src/lib.rs: in a hurry\n";
        let tree = Tree::sample(&[("crates/a/src/lib.rs", "fn a() {}\n"), (exceptions::PATH, excused)]);
        let found = violations(&tree).unwrap();
        assert!(found.iter().any(|v| v.path == "crates/a/src/lib.rs"), "{found:?}");
    }
}
