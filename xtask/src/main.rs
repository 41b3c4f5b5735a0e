//! The project's own tasks.

mod import_spec;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("import-spec") => import_spec::run(&arguments[1..]),
        _ => anyhow::bail!("tasks: import-spec"),
    }
}
