//! Windows that slide over the positions of a map: where each lies, and what of it lies outside.

use std::ops::Range;

use super::{Fault, call::Call};

/// A window over rows and columns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub(super) rows: Span,
    pub(super) columns: Span,
}

/// One axis of a window.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// Positions that one window reads.
    pub(super) kernel: usize,
    /// Distance of those positions.
    pub(super) dilation: usize,
    /// Distance of neighbouring windows.
    pub(super) stride: usize,
    /// Positions that are thought to lie before the map, and behind it.
    pub(super) pads: [usize; 2],
    /// Extent of the map, and number of windows.
    pub(super) extent: usize,
    pub(super) count: usize,
}

/// Extents, steps and pads that windows may have: their products are far from overflowing.
pub(super) const LARGEST: usize = 1 << 24;

/// How the last window that does not fit whole is counted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Rounding {
    Down,
    Up,
}

impl Window {
    /// The window of an operator over a map; a map of one axis is taken as one row.
    pub(super) fn of(
        call: &Call<'_>,
        kernel: &[usize],
        extents: &[usize],
        rounding: Rounding,
    ) -> Result<Self, Fault> {
        let axes = extents.len();
        let fits = |name: &str, length: usize| call.ints(name).is_none_or(|stated| stated.len() == length);
        let fit = kernel.len() == axes
            && fits("strides", axes)
            && fits("dilations", axes)
            && fits("pads", 2 * axes);
        if kernel.iter().any(|extent| *extent > LARGEST) {
            return Err(Fault::Compute(format!("a window of {kernel:?}")));
        }
        if !fit || !(1..=2).contains(&axes) {
            return Err(Fault::unsupported(format!("a window of {} axes over {axes}", kernel.len())));
        }
        let stated = |name: &str, at: usize, default: i64| -> Result<usize, Fault> {
            let value = call.ints(name).and_then(|list| list.get(at).copied()).unwrap_or(default);
            let sound = usize::try_from(value).ok().filter(|value| *value <= LARGEST);
            sound.ok_or_else(|| Fault::Compute(format!("{value} among its {name}")))
        };
        let span = |at: usize| {
            let span = Span {
                kernel: kernel[at],
                dilation: stated("dilations", at, 1)?,
                stride: stated("strides", at, 1)?,
                pads: [stated("pads", at, 0)?, stated("pads", at + axes, 0)?],
                extent: extents[at],
                count: 0,
            };
            span.padded(call.text("auto_pad"))?.counted(rounding)
        };
        match axes {
            1 => Ok(Self { rows: Span::SINGLE, columns: span(0)? }),
            _ => Ok(Self { rows: span(0)?, columns: span(1)? }),
        }
    }

    /// Positions that one window reads.
    pub(super) fn kernel(&self) -> usize {
        self.rows.kernel * self.columns.kernel
    }

    /// Positions of the map.
    pub(super) fn positions(&self) -> usize {
        self.rows.extent * self.columns.extent
    }

    /// Windows in all.
    pub(super) fn count(&self) -> usize {
        self.rows.count * self.columns.count
    }

    /// Whether each window is one position, and each position one window.
    pub(super) fn is_point(&self) -> bool {
        let plain = |span: Span| span.kernel == 1 && span.stride == 1 && span.pads == [0, 0];
        plain(self.rows) && plain(self.columns)
    }
}

impl Span {
    pub(super) const SINGLE: Self =
        Self { kernel: 1, dilation: 1, stride: 1, pads: [0, 0], extent: 1, count: 1 };

    /// Positions from the first to the last that a window reads.
    fn reach(&self) -> usize {
        self.dilation.saturating_mul(self.kernel.saturating_sub(1)) + 1
    }

    /// Pads by name, of which the odd one lies behind or before.
    fn padded(self, auto: &str) -> Result<Self, Fault> {
        if self.kernel == 0 || self.stride == 0 || self.dilation == 0 {
            return Err(Fault::Compute("a window without an extent or a step".into()));
        }
        match auto {
            "" | "NOTSET" => Ok(self),
            "VALID" => Ok(Self { pads: [0, 0], ..self }),
            "SAME_UPPER" | "SAME_LOWER" => {
                let windows = self.extent.div_ceil(self.stride);
                let wanted = windows.saturating_sub(1) * self.stride + self.reach();
                let all = wanted.saturating_sub(self.extent);
                let less = all / 2;
                let pads = if auto == "SAME_UPPER" { [less, all - less] } else { [all - less, less] };
                Ok(Self { pads, ..self })
            }
            other => Err(Fault::unsupported(format!("pads by `{other}`"))),
        }
    }

    fn counted(self, rounding: Rounding) -> Result<Self, Fault> {
        let [before, behind] = self.pads;
        let padded = self.extent + before + behind;
        let Some(room) = padded.checked_sub(self.reach()) else {
            // A window that is larger than the map is clipped, where it would be counted at all.
            let count = usize::from(rounding == Rounding::Up);
            return if count == 1 { Ok(Self { count, ..self }) } else { self.too_small() };
        };
        let mut count = room / self.stride + 1;
        if rounding == Rounding::Up {
            count = room.div_ceil(self.stride) + 1;
            // A window that begins in the pads behind the map would read nothing of it.
            if (count - 1) * self.stride >= self.extent + before {
                count -= 1;
            }
        }
        Ok(Self { count, ..self })
    }

    /// Positions that windows read, with those in the pads.
    pub(super) fn read(&self) -> usize {
        self.stride.saturating_mul(self.count.saturating_sub(1)).saturating_add(self.reach())
    }

    fn too_small(&self) -> Result<Self, Fault> {
        Err(Fault::Compute(format!("a window of {} over {} positions", self.reach(), self.extent)))
    }

    /// The position that a window reads with its `tap`th place, if that lies in the map.
    pub(super) fn position(&self, window: usize, tap: usize) -> Option<usize> {
        let padded = window * self.stride + tap * self.dilation;
        padded.checked_sub(self.pads[0]).filter(|position| *position < self.extent)
    }

    /// The windows whose `tap`th place lies in the map.
    pub(super) fn inside(&self, tap: usize) -> Range<usize> {
        let offset = tap * self.dilation;
        let first = self.pads[0].saturating_sub(offset).div_ceil(self.stride).min(self.count);
        let room = (self.extent + self.pads[0]).saturating_sub(offset);
        let end = room.div_ceil(self.stride).min(self.count);
        first..end.max(first)
    }
}
