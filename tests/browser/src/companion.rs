//! Programs that run beside the tests and end with them, however the tests end.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{ChildStdout, Command, Stdio};

/// Runs a program until the test process is gone, then removes its folder. Gives its first lines, up to and with the
/// first that `is_ready` accepts; the others are read and dropped.
///
/// A shell between the two reads our end of a pipe: it closes when we end, even when we are killed.
pub fn start(command: &Command, folder: &Path, is_ready: impl Fn(&str) -> bool) -> Vec<String> {
    const SCRIPT: &str = r#"folder=$1; shift; "$@" & child=$!; read -r _; exec 2>/dev/null; kill $child; wait $child; rm -rf "$folder""#;
    let mut shell = Command::new("sh");
    shell.args(["-c", SCRIPT, "companion"]).arg(folder).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell.current_dir(command.get_current_dir().unwrap_or(folder));
    let mut child = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("there is a shell");
    // Never closed by us: it closes with the process.
    std::mem::forget(child.stdin.take());
    let mut lines = BufReader::new(child.stdout.take().expect("its output is read")).lines();
    let first = first_lines(&mut lines, is_ready);
    std::thread::spawn(move || {
        lines.for_each(drop);
        child.wait()
    });
    first
}

fn first_lines(
    lines: &mut std::io::Lines<BufReader<ChildStdout>>,
    is_ready: impl Fn(&str) -> bool,
) -> Vec<String> {
    let mut first = Vec::new();
    while let Some(Ok(line)) = lines.next() {
        let ready = is_ready(&line);
        first.push(line);
        if ready {
            return first;
        }
    }
    panic!("the program does not start: {}", first.join("\n"));
}
