//! What the kernel says of a process: its processor time and memory.

use std::fs::read_to_string;

/// Clock ticks a second in `/proc`: 100 on every platform that Linux runs on.
const TICKS_PER_S: f64 = 100.0;

/// Processor time of this program so far, in seconds.
pub fn own_cpu_s() -> f64 {
    cpu_of("self")
}

/// Processor time of a process so far, in seconds; 0 when it is gone.
pub fn cpu_s(process: u32) -> f64 {
    cpu_of(&process.to_string())
}

fn cpu_of(process: &str) -> f64 {
    let stat = read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name, which may hold spaces, ends with the last parenthesis; user and system time are fields 14 and 15.
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok());
    ticks.sum::<f64>() / TICKS_PER_S
}

/// A process's memory in bytes, now (`VmRSS`) and at most so far (`VmHWM`).
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    pub resident_bytes: u64,
    pub peak_bytes: u64,
}

/// The memory of a process; `None` when it is gone or this is not Linux.
pub fn memory(process: u32) -> Option<Memory> {
    let status = read_to_string(format!("/proc/{process}/status")).ok()?;
    let field = |name: &str| -> Option<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? * 1024)
    };
    Some(Memory { resident_bytes: field("VmRSS:")?, peak_bytes: field("VmHWM:")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_used_time_and_memory() {
        let before = own_cpu_s();
        let started = std::time::Instant::now();
        while started.elapsed().as_millis() < 60 {
            std::hint::spin_loop();
        }
        assert!(own_cpu_s() > before);
        let memory = memory(std::process::id()).unwrap();
        assert!(memory.peak_bytes >= memory.resident_bytes && memory.resident_bytes > 1 << 20);
    }
}
