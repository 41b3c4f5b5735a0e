//! A crate uses crates of lower layers only. [`CRATES`] is the table that ARCHITECTURE.md explains.

use toml::{Table, Value};

use super::tree::{File, Tree};
use super::violation::Violation;

/// A crate's place in the house.
pub struct Crate {
    pub name: &'static str,
    layer: u8,
    /// Crates of the same layer that it may use nevertheless.
    beside: &'static [&'static str],
    /// Knows no socket, file, SQL, environment, clock, randomness or thread.
    pub pure: bool,
}

/// Every crate, also those that are planned, lowest layer first.
pub const CRATES: &[Crate] = &[
    Crate { name: "fhir", layer: 0, beside: &[], pure: true },
    Crate { name: "fhirpath", layer: 0, beside: &["fhir"], pure: true },
    Crate { name: "formats", layer: 0, beside: &[], pure: true },
    Crate { name: "synth", layer: 0, beside: &["fhir"], pure: false },
    Crate { name: "simulation", layer: 0, beside: &[], pure: false },
    Crate { name: "search", layer: 1, beside: &[], pure: true },
    Crate { name: "terminology", layer: 1, beside: &[], pure: true },
    Crate { name: "validation", layer: 1, beside: &["terminology"], pure: true },
    Crate { name: "access", layer: 1, beside: &["search"], pure: true },
    Crate { name: "cql", layer: 1, beside: &["search"], pure: true },
    Crate { name: "cds", layer: 1, beside: &["cql"], pure: true },
    Crate { name: "measures", layer: 1, beside: &["cql"], pure: true },
    Crate { name: "store", layer: 1, beside: &["search"], pure: false },
    Crate { name: "record", layer: 2, beside: &[], pure: false },
    Crate { name: "clinic", layer: 3, beside: &[], pure: false },
    Crate { name: "identity", layer: 4, beside: &[], pure: false },
    Crate { name: "exchange", layer: 4, beside: &[], pure: false },
    Crate { name: "rest", layer: 5, beside: &[], pure: false },
    Crate { name: "web", layer: 5, beside: &[], pure: false },
    Crate { name: "chiron", layer: 6, beside: &[], pure: false },
    Crate { name: "scenarios", layer: 7, beside: &[], pure: false },
    Crate { name: "browser", layer: 7, beside: &[], pure: false },
    Crate { name: "fuzz", layer: 7, beside: &[], pure: false },
    Crate { name: "bench", layer: 7, beside: &[], pure: false },
    Crate { name: "conformance", layer: 7, beside: &[], pure: false },
    Crate { name: "xtask", layer: 7, beside: &[], pure: false },
];

/// Crates that only the named ones may use, besides what the layers say.
///
/// Tests may have them too: the generator of practices, and the store in memory under a record. The fuzz targets stand on
/// the latter, and try what the store reads from its own disk.
const RESERVED: &[(&str, &[&str])] = &[
    ("simulation", &[]),
    ("store", &["record", "chiron", "fuzz"]),
    ("synth", &["chiron", "scenarios", "bench", "xtask"]),
];

/// Outside crates that have one home.
///
/// SQL is spoken in `store` alone (the bench asks a database whether it is empty, and its size), pages and sockets at the edges; so `clinic` knows none of them.
const HOMES: &[(&str, &[&str])] = &[
    ("rusqlite", &["store", "simulation"]),
    ("tokio-postgres", &["store", "bench"]),
    ("deadpool-postgres", &["store"]),
    ("askama", &["web"]),
    ("axum", &["rest", "web", "chiron", "scenarios", "bench", "fuzz"]),
    ("hyper", &["rest", "web", "chiron", "scenarios", "bench", "conformance", "exchange", "identity"]),
    ("tower-http", &["rest", "web", "chiron"]),
];

/// One line of a manifest's dependency tables.
pub struct Dependency {
    pub name: String,
    /// Used by tests, examples and benches only.
    pub dev: bool,
}

/// The manifest of each crate in the tree, with its name and what it depends on.
///
/// The manifest of the workspace itself has no package and is not among them.
pub fn manifests(tree: &Tree) -> Vec<(&File, String, Vec<Dependency>)> {
    let manifests = tree.files().iter().filter(|f| f.path == "Cargo.toml" || f.path.ends_with("/Cargo.toml"));
    manifests
        .filter_map(|file| {
            let manifest: Table = file.text.parse().ok()?;
            let name = manifest.get("package")?.get("name")?.as_str()?.to_owned();
            let mut dependencies = Vec::new();
            collect_dependencies(&manifest, &mut dependencies);
            let targets =
                manifest.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values);
            for target in targets.filter_map(Value::as_table) {
                collect_dependencies(target, &mut dependencies);
            }
            Some((file, name, dependencies))
        })
        .collect()
}

fn collect_dependencies(tables: &Table, found: &mut Vec<Dependency>) {
    for (table, dev) in [("dependencies", false), ("build-dependencies", false), ("dev-dependencies", true)] {
        for (key, value) in tables.get(table).and_then(Value::as_table).into_iter().flatten() {
            let renamed = value.get("package").and_then(Value::as_str);
            found.push(Dependency { name: renamed.unwrap_or(key).to_owned(), dev });
        }
    }
}

/// The line of `file` on which the manifest names the dependency.
pub fn line_naming(file: &File, dependency: &str) -> usize {
    let names = |line: &str| {
        let rest = line.trim_start().trim_start_matches('"').strip_prefix(dependency);
        rest.is_some_and(|rest| rest.starts_with(['.', ' ', '=', '"']))
    };
    file.lines().find(|(_, line)| names(line)).map_or(1, |(number, _)| number)
}

pub fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for (file, name, dependencies) in manifests(tree) {
        let Some(row) = CRATES.iter().find(|row| row.name == name) else {
            let mend = "give it a row in xtask/src/tidy/crate_edges.rs and in ARCHITECTURE.md";
            found.push(Violation::new(&file.path, 1, format!("crate `{name}` has no layer"), mend));
            continue;
        };
        let documented = tree.file("ARCHITECTURE.md").is_none_or(|f| f.text.contains(&format!("`{name}`")));
        if !documented {
            let message = format!("ARCHITECTURE.md says nothing of `{name}`");
            found.push(Violation::new(&file.path, 1, message, "add its row to the table of layers"));
        }
        for dependency in &dependencies {
            if let Some((message, mend)) = forbidden(row, dependency) {
                let line = line_naming(file, &dependency.name);
                found.push(Violation::new(&file.path, line, message, mend));
            }
        }
    }
    found
}

/// Why `user` may not have the dependency, and what to do instead.
fn forbidden(user: &Crate, dependency: &Dependency) -> Option<(String, &'static str)> {
    let name = dependency.name.as_str();
    if let Some((_, homes)) = HOMES.iter().find(|(home, _)| *home == name) {
        let message = format!("`{name}` belongs to {}", homes.join(", "));
        let allowed = dependency.dev || homes.contains(&user.name);
        return (!allowed).then_some((message, "move the work there or take what you need as a port"));
    }
    let used = CRATES.iter().find(|row| row.name == name)?;
    if let Some((_, users)) = RESERVED.iter().find(|(reserved, _)| *reserved == name)
        && !dependency.dev
        && !users.contains(&user.name)
    {
        let message = format!("only {} may use `{name}`", users.join(" and "));
        return Some((message, "go through the crate that may"));
    }
    let lower = used.layer < user.layer && !(user.name == "synth" && name != "fhir");
    // What the generator makes is held against the engines in its tests.
    let in_tests = dependency.dev && (name == "synth" || user.name == "synth");
    if lower || user.beside.contains(&name) || in_tests {
        return None;
    }
    let message =
        format!("`{}` (layer {}) may not use `{name}` (layer {})", user.name, user.layer, used.layer);
    Some((message, "take what you need from it as a port, or move the code to its layer"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the rule says of crate `user` with `table` naming `used`.
    fn violations_of(user: &str, table: &str, used: &str) -> Vec<Violation> {
        let manifest = format!("[package]\nname = \"{user}\"\n\n[{table}]\n{used}.workspace = true\n");
        check(&Tree::sample(&[("crates/x/Cargo.toml", &manifest)]))
    }

    #[test]
    fn edges_upwards_and_sideways_are_violations() {
        let edges = [
            ("fhir", "fhirpath"),
            ("fhir", "search"),
            ("search", "terminology"),
            ("terminology", "validation"),
            ("store", "access"),
            ("record", "clinic"),
            ("rest", "web"),
            ("web", "rest"),
            ("web", "store"),
            ("clinic", "store"),
            ("scenarios", "store"),
            ("synth", "fhirpath"),
            ("rest", "synth"),
            ("clinic", "axum"),
            ("record", "rusqlite"),
        ];
        for (user, used) in edges {
            let found = violations_of(user, "dependencies", used);
            assert_eq!(found.len(), 1, "{user} -> {used}");
            assert_eq!(found[0].line, 5);
        }
        assert_eq!(violations_of("fhir", "dev-dependencies", "search").len(), 1);
        assert_eq!(violations_of("fhir", "target.'cfg(unix)'.dependencies", "search").len(), 1);
        assert_eq!(violations_of("fhir", "dependencies.search]\npath = \"x\"\n[x", "y").len(), 1);
    }

    #[test]
    fn edges_downwards_are_allowed() {
        let edges = [
            ("fhirpath", "fhir"),
            ("validation", "terminology"),
            ("access", "search"),
            ("store", "search"),
            ("store", "rusqlite"),
            ("record", "store"),
            ("web", "clinic"),
            ("chiron", "store"),
            ("chiron", "synth"),
            ("scenarios", "chiron"),
        ];
        for (user, used) in edges {
            assert!(violations_of(user, "dependencies", used).is_empty(), "{user} -> {used}");
        }
        assert!(violations_of("fhir", "dev-dependencies", "synth").is_empty());
    }

    #[test]
    fn a_crate_without_a_row_is_a_violation() {
        assert_eq!(violations_of("odds", "dependencies", "fhir").len(), 1);
    }

    #[test]
    fn a_crate_that_the_documents_do_not_name_is_a_violation() {
        let files = [
            ("crates/fhir/Cargo.toml", "[package]\nname = \"fhir\"\n"),
            ("ARCHITECTURE.md", "`fhirpath` only\n"),
        ];
        assert_eq!(check(&Tree::sample(&files)).len(), 1);
    }
}
