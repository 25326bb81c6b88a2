//! What the windows of a convolution read, as panels of a right operand, some windows at a time.

use super::Panels;
use crate::run::{
    lanes::wide,
    window::{Span, Window},
};

/// Elements that are read at once, at most.
pub(in crate::run) const MOST: usize = 64;

/// A map laid out with its pads, so that what neighbouring windows read with one place of theirs lies in a row: first
/// the positions of both axes that the strides divide, then those after them, and so on.
pub(in crate::run) struct Patches {
    window: Window,
    rows: Laid,
    across: Laid,
    channels: usize,
    values: Vec<f32>,
    /// Where each place of a window reads, from where its first one does.
    taps: Vec<usize>,
}

/// One axis, laid out.
struct Laid {
    /// Which remainders of positions by the stride are read.
    phases: Vec<usize>,
    /// Positions of one remainder.
    length: usize,
}

impl Laid {
    fn of(span: &Span) -> Self {
        let mut phases: Vec<usize> = (0..span.kernel).map(|tap| tap * span.dilation % span.stride).collect();
        phases.sort_unstable();
        phases.dedup();
        Self { phases, length: span.read().div_ceil(span.stride) }
    }

    /// The phase that a place of the first window reads, and where.
    fn place(&self, span: &Span, tap: usize) -> (usize, usize) {
        let at = tap * span.dilation;
        let phase = self.phases.iter().position(|phase| *phase == at % span.stride).unwrap_or(0);
        (phase, at / span.stride)
    }

    /// The positions of the map that have this remainder: where the first one goes, and where it lies in the map.
    fn first(span: &Span, phase: usize) -> (usize, usize) {
        let first = span.pads[0].saturating_sub(phase).div_ceil(span.stride);
        (first, (first * span.stride + phase).saturating_sub(span.pads[0]))
    }
}

impl Patches {
    /// Room for so many channels of one sample, and what is thought to lie outside of a map.
    pub(in crate::run) fn room(window: &Window, channels: usize, outside: f32) -> Self {
        let (rows, across) = (Laid::of(&window.rows), Laid::of(&window.columns));
        let plane = rows.length * across.length;
        let taps = (0..window.kernel()).map(|tap| {
            let (phase, row) = rows.place(&window.rows, tap / window.columns.kernel);
            let (beside, column) = across.place(&window.columns, tap % window.columns.kernel);
            (phase * across.phases.len() + beside) * plane + row * across.length + column
        });
        let taps = taps.collect();
        let planes = rows.phases.len() * across.phases.len();
        // Behind the last one there is room for stretches that are read whole.
        let values = vec![outside; channels * planes * plane + MOST];
        Self { window: *window, rows, across, channels, values, taps }
    }

    fn per_channel(&self) -> usize {
        self.rows.phases.len() * self.across.phases.len() * self.rows.length * self.across.length
    }

    /// Lays out a map of as many channels as there is room for.
    pub(in crate::run) fn lay(&mut self, map: &[f32]) {
        let Window { rows, columns } = self.window;
        let (extent, line, per_channel) =
            (rows.extent * columns.extent, self.across.length, self.per_channel());
        let phases =
            self.rows.phases.iter().flat_map(|row| self.across.phases.iter().map(move |at| (*row, *at)));
        let phases: Vec<(usize, usize)> = phases.collect();
        let channels = map.chunks_exact(extent.max(1)).zip(self.values.chunks_exact_mut(per_channel));
        for (map, to) in channels.take(self.channels) {
            for (to, (row_phase, phase)) in to.chunks_exact_mut(self.rows.length * line).zip(&phases) {
                let (row, first_row) = Laid::first(&rows, *row_phase);
                let (place, first) = Laid::first(&columns, *phase);
                let lines = to.chunks_exact_mut(line).skip(row);
                let from = map.chunks_exact(columns.extent.max(1)).skip(first_row).step_by(rows.stride);
                for (to, from) in lines.zip(from) {
                    let to = to.get_mut(place..).unwrap_or_default();
                    copied(to, from.get(first..).unwrap_or_default(), columns.stride);
                }
            }
        }
    }

    /// Where each place of a window reads, and how far what windows of neighbouring rows read is apart.
    pub(in crate::run) fn taps(&self) -> (&[usize], usize) {
        (&self.taps, self.across.length)
    }

    /// What was laid out.
    pub(in crate::run) fn values(&self) -> &[f32] {
        &self.values
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
        let (per_panel, per_channel) = (panels.depth * WIDTH, self.per_channel());
        for panel in 0..panels.count() {
            let start = first + panel * WIDTH;
            let runs = self.runs(start, (first + panels.lines).min(start + WIDTH));
            let to = &mut panels.values[panel * per_panel..(panel + 1) * per_panel + WIDTH];
            wide(|| {
                let mut at = 0;
                for channel in 0..self.channels {
                    for tap in &self.taps {
                        let from = &self.values[channel * per_channel + tap..];
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
        let per_row = self.window.columns.count;
        let mut runs = Vec::new();
        let mut at = first;
        while at < end {
            let (row, column) = (at / per_row, at % per_row);
            runs.push((at - first, row * self.across.length + column));
            at += per_row - column;
        }
        runs
    }
}

fn copied(to: &mut [f32], from: &[f32], stride: usize) {
    if stride == 1 {
        let length = to.len().min(from.len());
        to[..length].copy_from_slice(&from[..length]);
    } else {
        to.iter_mut().zip(from.iter().step_by(stride)).for_each(|(to, from)| *to = *from);
    }
}
