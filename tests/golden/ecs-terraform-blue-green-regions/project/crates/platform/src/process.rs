//! What the kernel knows of this process, with the names of Prometheus's own clients.

use std::{
    fmt, fs,
    time::{SystemTime, UNIX_EPOCH},
};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{counter::ConstCounter, gauge::ConstGauge},
};

use crate::log_queue;

/// The unit of `/proc/self/stat`, a constant of Linux on every processor that it is built for here.
const TICKS_PER_SECOND: f64 = 100.0;

/// How many files and connections the process may have open, as far as anybody limits it.
pub(crate) fn max_descriptors() -> Option<usize> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Reads everything again whenever somebody asks for the metrics.
#[derive(Debug)]
pub(crate) struct Process {
    started: f64,
}

impl Process {
    pub(crate) fn new() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            started: since.map_or(0.0, |since| since.as_secs_f64()),
        }
    }
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut write = |name, help, metric: &dyn EncodeMetric| {
            metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)
        };
        let dropped = ConstCounter::new(log_queue::dropped());
        let help = "Lines of the log that nobody read in time";
        write("log_dropped_lines", help, &dropped)?;
        let started = ConstGauge::new(self.started);
        let help = "Start time since the Unix epoch";
        write("process_start_time_seconds", help, &started)?;
        if let Some(seconds) = cpu_seconds() {
            let help = "Processor time, of the user and of the system";
            write("process_cpu_seconds", help, &ConstCounter::new(seconds))?;
        }
        if let Some(bytes) = resident_bytes() {
            let help = "Memory in use";
            write(
                "process_resident_memory_bytes",
                help,
                &ConstGauge::new(bytes),
            )?;
        }
        if let Some(count) = open_descriptors() {
            let help = "Open files and connections";
            write("process_open_fds", help, &ConstGauge::new(count))?;
        }
        if let Some(count) = max_descriptors() {
            let help = "How many of them there may be";
            write("process_max_fds", help, &ConstGauge::new(count as u64))?;
        }
        Ok(())
    }
}

fn cpu_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program comes first, in parentheses, and may hold anything.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / TICKS_PER_SECOND)
}

fn resident_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024)
}

fn open_descriptors() -> Option<u64> {
    Some(fs::read_dir("/proc/self/fd").ok()?.count() as u64)
}
