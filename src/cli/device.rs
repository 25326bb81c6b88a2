//! `--device`: opens what was chosen, and says where it is not what was hoped for.

use std::error::Error as _;

use anyhow::Result;
use candle_core::Device;
use declass::device::{DeviceChoice, Opened};

use super::output::Printer;

pub(super) fn open(choice: DeviceChoice, printer: &Printer) -> Result<Device> {
    let Opened { device, without_gpu } = choice.open()?;
    if let Some(why) = without_gpu {
        let cause = why.source().map(ToString::to_string).unwrap_or_default();
        // The device library appends a backtrace to what it says.
        let cause = cause.lines().next().unwrap_or_default();
        printer.warn(&format!("{why} ({cause}), so the CPU computes"));
    }
    Ok(device)
}
