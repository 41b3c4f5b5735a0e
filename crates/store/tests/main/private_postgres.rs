//! A PostgreSQL server of one's own, for tests and measurements: made from the system's packages in a temporary folder, on
//! a free port, and gone with the process that started it, however that ends.
//!
//! A shell supervises the server: it reads commands from its input, and when that ends it stops the server and removes
//! the folder. As root it runs as the user `postgres`, whom the packages make, because the server refuses to be root.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

/// What the supervisor runs; `$0` is the folder of programs, `$1` the port, the others are settings.
const SUPERVISOR: &str = r#"
bin=$0; port=$1; shift
folder=$(mktemp -d "${TMPDIR:-/tmp}/private-postgres-XXXXXX") || exit 1
stop() { kill -"$1" "$server" 2>/dev/null; wait "$server" 2>/dev/null; }
trap 'stop INT; rm -rf "$folder"' EXIT
echo secret > "$folder/password"
if [ -n "$FOLLOWS" ]; then
    "$bin/pg_basebackup" -h "$FOLLOWS" -p "$FOLLOWS_PORT" -U practice -R -c fast -D "$folder/data" || exit 1
else "$bin/initdb" --pgdata="$folder/data" --username=practice --pwfile="$folder/password" --auth-local=trust \
    --auth-host=scram-sha-256 --encoding=UTF8 --no-locale --no-sync > "$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }
fi
start() {
    "$bin/postgres" -D "$folder/data" -p "$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories="$folder" \
        -c max_connections=200 "$@" >> "$folder/log" 2>&1 &
    server=$!
    tries=0
    until "$bin/pg_isready" -q -h "$folder" -p "$port"; do
        kill -0 "$server" 2>/dev/null || { cat "$folder/log" >&2; exit 1; }
        tries=$((tries + 1)); [ $tries -lt 300 ] || exit 1
        sleep 0.05
    done
}
start "$@"
echo "$folder"
while read -r command; do
    case $command in
        stop) stop INT ;;
        crash) stop QUIT ;;
        start) start "$@" ;;
    esac
    echo "$command"
done
"#;

/// A running server.
pub struct PrivatePostgres {
    programs: PathBuf,
    port: u16,
    folder: PathBuf,
    supervisor: Mutex<Supervisor>,
    databases: AtomicU32,
}

struct Supervisor {
    process: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl PrivatePostgres {
    /// Starts a server with some settings (`-c name=value`), and makes sure that it answers.
    ///
    /// # Panics
    /// When PostgreSQL is not installed, or does not start.
    pub fn start(settings: &[&str]) -> Self {
        Self::start_following(None, settings)
    }

    /// Starts a server that is a copy of this one and follows it.
    #[allow(dead_code, reason = "not everyone who starts a server has it followed")]
    pub fn follower(&self) -> Self {
        Self::start_following(Some(self), &[])
    }

    /// The URL of a database of the server that this one follows, here.
    #[allow(dead_code, reason = "not everyone who starts a server has it followed")]
    pub fn url_here(&self, url: &str) -> String {
        let name = url.rsplit('/').next().unwrap();
        format!("postgres://practice:secret@127.0.0.1:{}/{name}", self.port)
    }

    fn start_following(followed: Option<&Self>, settings: &[&str]) -> Self {
        let programs = programs();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = match is_root() {
            true => {
                let mut command = Command::new("setpriv");
                command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "sh"]);
                command
            }
            false => Command::new("sh"),
        };
        command.args(["-c", SUPERVISOR]).arg(&programs).arg(port.to_string()).args(settings);
        if let Some(followed) = followed {
            command.env("FOLLOWS", &followed.folder).env("FOLLOWS_PORT", followed.port.to_string());
        }
        let mut process = command
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell runs");
        let input = process.stdin.take();
        let output = BufReader::new(process.stdout.take().unwrap());
        let mut supervisor = Supervisor { process, input, output };
        let folder = PathBuf::from(supervisor.line());
        let supervisor = Mutex::new(supervisor);
        Self { programs, port, folder, supervisor, databases: AtomicU32::new(0) }
    }

    /// Makes an empty database, and gives its URL.
    pub fn database(&self) -> String {
        let name = format!("practice{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let made = Command::new(self.programs.join("createdb"))
            .args(["-U", "practice", "-h"])
            .arg(&self.folder)
            .args(["-p", &self.port.to_string(), &name])
            .status();
        assert!(made.unwrap().success(), "{name} was not made");
        format!("postgres://practice:secret@127.0.0.1:{}/{name}", self.port)
    }

    /// The address of a database for one who is at this machine: by a socket in a folder.
    #[allow(dead_code, reason = "not everyone who starts a server asks for it")]
    pub fn socket_address(&self, url: &str) -> String {
        let name = url.rsplit('/').next().unwrap();
        format!("host={} port={} user=practice dbname={name}", self.folder.display(), self.port)
    }

    /// Stops the server, at once but in order.
    #[allow(dead_code, reason = "not everyone who starts a server stops it in between")]
    pub fn stop(&self) {
        self.order("stop");
    }

    /// Stops the server as a loss of power does.
    #[allow(dead_code, reason = "not everyone who starts a server stops it in between")]
    pub fn crash(&self) {
        self.order("crash");
    }

    /// Starts it again with the data it had.
    #[allow(dead_code, reason = "not everyone who starts a server stops it in between")]
    pub fn start_again(&self) {
        self.order("start");
    }

    fn order(&self, command: &str) {
        let mut supervisor = self.supervisor.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(supervisor.input.as_mut().unwrap(), "{command}").unwrap();
        assert_eq!(supervisor.line(), command);
    }
}

impl Supervisor {
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "PostgreSQL did not start: see its messages above");
        line.trim_end().to_owned()
    }
}

impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        let supervisor = self.supervisor.get_mut().unwrap_or_else(PoisonError::into_inner);
        supervisor.input = None;
        let _ = supervisor.process.wait();
    }
}

/// The folder of the newest PostgreSQL's programs.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let number = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = versions.map(|entry| entry.path()).max_by_key(|path| number(path));
    newest.expect("PostgreSQL is installed: on Debian, the package postgresql").join("bin")
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
