//! How much memory there is, and what of it documents may take.

/// An eighth of the machine's memory, or of what the process is limited to, within bounds: so much that the patients of a large
/// practice fit, and so little that the rest of the server has room.
pub fn for_documents() -> usize {
    let text = |path: String| std::fs::read_to_string(path).unwrap_or_default();
    let mut groups: Vec<String> = group_files(&text("/proc/self/cgroup".to_owned())).map(text).collect();
    groups.retain(|limit| !limit.is_empty());
    share(limit(&groups, &text("/proc/meminfo".to_owned())))
}

/// Where Linux says what a process's control groups may take, its own and those around it, from `/proc/self/cgroup`
/// (cgroups(7)): lines `number:controllers:path`, without controllers in version 2.
fn group_files(groups: &str) -> impl Iterator<Item = String> {
    let of_line = |line: &str| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?.to_owned(), parts.next()?.to_owned());
        let (root, name) = match controllers.as_str() {
            "" => ("/sys/fs/cgroup", "memory.max"),
            _ if controllers.split(',').any(|one| one == "memory") => {
                ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
            }
            _ => return None,
        };
        let around = std::path::Path::new(&path).ancestors().map(|part| part.display().to_string());
        Some(
            around
                .map(move |part| format!("{root}{}/{name}", part.trim_end_matches('/')))
                .collect::<Vec<_>>(),
        )
    };
    groups.lines().filter_map(of_line).flatten().collect::<Vec<_>>().into_iter()
}

const LEAST_BYTES: u64 = 64 << 20;
const MOST_BYTES: u64 = 512 << 20;

fn share(limit_bytes: Option<u64>) -> usize {
    let share = limit_bytes.map_or(LEAST_BYTES, |bytes| (bytes / 8).clamp(LEAST_BYTES, MOST_BYTES));
    usize::try_from(share).unwrap_or(usize::MAX)
}

/// The least of what Linux says of control groups (a number of bytes each, or `max`) and of the machine (`MemTotal`, in units of
/// 1,024 bytes); `None` where neither is told.
fn limit(groups: &[String], machine: &str) -> Option<u64> {
    let of_groups = groups.iter().filter_map(|text| text.trim().parse().ok());
    let total = machine.lines().find_map(|line| {
        let kibibytes: u64 =
            line.strip_prefix("MemTotal:")?.trim().strip_suffix("kB")?.trim().parse().ok()?;
        kibibytes.checked_mul(1024)
    });
    of_groups.chain(total).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_limit_counts_and_its_share_has_bounds() {
        let machine = "MemFree: 1 kB\nMemTotal:       4194304 kB\n";
        assert_eq!(limit(&[], ""), None);
        assert_eq!(limit(&["max\n".to_owned()], machine), Some(4 << 30));
        assert_eq!(limit(&["max".to_owned(), "1073741824\n".to_owned()], machine), Some(1 << 30));
        let files: Vec<String> = group_files("0::/system.slice/a\n").collect();
        assert_eq!(files.len(), 3);
        assert_eq!(files[0], "/sys/fs/cgroup/system.slice/a/memory.max");
        assert_eq!(files[2], "/sys/fs/cgroup/memory.max");
        let files: Vec<String> = group_files("2:cpu:/b\n4:memory:/\n").collect();
        assert_eq!(files, ["/sys/fs/cgroup/memory/memory.limit_in_bytes"]);
        assert_eq!(share(Some(1 << 30)), 128 << 20);
        assert_eq!(share(Some(64 << 30)), 512 << 20);
        assert_eq!((share(Some(1 << 20)), share(None)), (64 << 20, 64 << 20));
    }
}
