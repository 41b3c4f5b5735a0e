//! How much memory there is, and what of it documents may take.

/// An eighth of the machine's memory, or of what the process is limited to, within bounds: so much that the patients of a large
/// practice fit, and so little that the rest of the server has room.
pub fn for_documents() -> usize {
    let text = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    share(limit(&text("/sys/fs/cgroup/memory.max"), &text("/proc/meminfo")))
}

const LEAST_BYTES: u64 = 64 << 20;
const MOST_BYTES: u64 = 512 << 20;

fn share(limit_bytes: Option<u64>) -> usize {
    let share = limit_bytes.map_or(LEAST_BYTES, |bytes| (bytes / 8).clamp(LEAST_BYTES, MOST_BYTES));
    usize::try_from(share).unwrap_or(usize::MAX)
}

/// The least of what Linux says of the control group (a number of bytes, or `max`) and of the machine (`MemTotal`, in units of
/// 1,024 bytes); `None` where neither is told.
fn limit(group: &str, machine: &str) -> Option<u64> {
    let of_group = group.trim().parse().ok();
    let total = machine.lines().find_map(|line| {
        let kibibytes: u64 =
            line.strip_prefix("MemTotal:")?.trim().strip_suffix("kB")?.trim().parse().ok()?;
        kibibytes.checked_mul(1024)
    });
    [of_group, total].into_iter().flatten().min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_limit_counts_and_its_share_has_bounds() {
        let machine = "MemFree: 1 kB\nMemTotal:       4194304 kB\n";
        assert_eq!(limit("", ""), None);
        assert_eq!(limit("max\n", machine), Some(4 << 30));
        assert_eq!(limit("1073741824\n", machine), Some(1 << 30));
        assert_eq!(share(Some(1 << 30)), 128 << 20);
        assert_eq!(share(Some(64 << 30)), 512 << 20);
        assert_eq!((share(Some(1 << 20)), share(None)), (64 << 20, 64 << 20));
    }
}
