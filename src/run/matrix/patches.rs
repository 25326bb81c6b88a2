//! What the windows of a convolution read, as panels of a right operand, some windows at a time.

use super::{Panels, columns};
use crate::run::{
    lanes::wide,
    window::{Span, Window},
};

/// A map laid out with its pads, so that what neighbouring windows of a row read with one place of theirs lies in a
/// row too: each line of the map first has every position that a stride divides, then those after them, and so on.
pub(in crate::run) struct Patches {
    values: Vec<f32>,
    channels: usize,
    /// Elements of one channel, and of one of its lines times the stride of rows.
    per_channel: usize,
    row_step: usize,
    /// Where each place of a window reads, from where its first one does.
    taps: Vec<usize>,
    /// Windows in a row.
    per_row: usize,
}

/// One axis, laid out.
struct Laid {
    /// Positions that windows read, with their pads.
    extent: usize,
    /// Which remainders of positions by the stride are read.
    phases: Vec<usize>,
    /// Positions of one remainder.
    length: usize,
}

impl Laid {
    fn of(span: &Span) -> Self {
        let extent = span.read();
        let mut phases: Vec<usize> = (0..span.kernel).map(|tap| tap * span.dilation % span.stride).collect();
        phases.sort_unstable();
        phases.dedup();
        Self { extent, phases, length: extent.div_ceil(span.stride) }
    }

    fn place(&self, span: &Span, tap: usize) -> usize {
        let at = tap * span.dilation;
        let phase = self.phases.iter().position(|phase| *phase == at % span.stride).unwrap_or(0);
        phase * self.length + at / span.stride
    }
}

impl Patches {
    /// Some channels of one sample; there is at least one window.
    pub(in crate::run) fn of(window: &Window, channels: usize, map: &[f32]) -> Self {
        let Window { rows, columns: across } = window;
        let (down, laid) = (Laid::of(rows), Laid::of(across));
        let line = laid.phases.len() * laid.length;
        let (per_channel, width) = (down.extent * line, across.extent);
        let mut values = vec![0.0; channels * per_channel + columns()];
        let lines = rows.pads[0]..down.extent.min(rows.pads[0] + rows.extent);
        for (channel, row) in (0..channels).flat_map(|channel| lines.clone().map(move |row| (channel, row))) {
            let from = &map[(channel * rows.extent + row - rows.pads[0]) * width..][..width];
            let to = &mut values[channel * per_channel + row * line..][..line];
            for (to, phase) in to.chunks_exact_mut(laid.length).zip(&laid.phases) {
                // The first position of the map that leaves this remainder, and where it goes.
                let first = across.pads[0].saturating_sub(*phase).div_ceil(across.stride);
                let skipped = (first * across.stride + phase).saturating_sub(across.pads[0]);
                let (to, from) =
                    (to.get_mut(first..).unwrap_or_default(), from.get(skipped..).unwrap_or_default());
                if across.stride == 1 {
                    let length = to.len().min(from.len());
                    to[..length].copy_from_slice(&from[..length]);
                } else {
                    let from = from.iter().step_by(across.stride);
                    to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
                }
            }
        }
        let taps = (0..rows.kernel).flat_map(|row| (0..across.kernel).map(move |tap| (row, tap)));
        let taps = taps.map(|(row, tap)| row * rows.dilation * line + laid.place(across, tap)).collect();
        Self { values, channels, per_channel, row_step: rows.stride * line, taps, per_row: across.count }
    }

    /// Writes the panels of some windows, from the first on.
    pub(in crate::run) fn write(&self, first: usize, windows: usize, panels: &mut Panels) {
        panels.lines = windows;
        match panels.width {
            8 => self.gathered::<8>(first, panels),
            16 => self.gathered::<16>(first, panels),
            32 => self.gathered::<32>(first, panels),
            _ => self.gathered::<2>(first, panels),
        }
    }

    fn gathered<const WIDTH: usize>(&self, first: usize, panels: &mut Panels) {
        let per_panel = panels.depth * WIDTH;
        for panel in 0..panels.count() {
            let start = first + panel * WIDTH;
            let runs = self.runs(start, (first + panels.lines).min(start + WIDTH));
            let to = &mut panels.values[panel * per_panel..(panel + 1) * per_panel + WIDTH];
            wide(|| {
                let mut at = 0;
                for channel in 0..self.channels {
                    for tap in &self.taps {
                        let from = &self.values[channel * self.per_channel + tap..];
                        // Each run is copied whole: what is too much, the next one overwrites.
                        for (place, base) in &runs {
                            let to = &mut to[at + place..at + place + WIDTH];
                            to.copy_from_slice(&from[*base..*base + WIDTH]);
                        }
                        at += WIDTH;
                    }
                }
            });
        }
    }

    /// Windows that lie in one row: where each run begins in its panel, and where it reads.
    fn runs(&self, first: usize, end: usize) -> Vec<(usize, usize)> {
        let mut runs = Vec::new();
        let mut at = first;
        while at < end {
            let (row, column) = (at / self.per_row, at % self.per_row);
            runs.push((at - first, row * self.row_step + column));
            at += self.per_row - column;
        }
        runs
    }
}
