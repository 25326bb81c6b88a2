//! A matrix in panels: some lines side by side, term by term.

use std::cell::RefCell;

use crate::run::lanes::wide;

thread_local! {
    /// Memory of panels that are gone, which those of the next product take over as it is.
    static SPARE: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) };
}

/// Panels whose memory is kept, at most, and the elements that one of them may have for that.
const KEPT: (usize, usize) = (3, 1 << 22);

/// A matrix as it lies somewhere: lines (rows of a left operand, columns of a right one) of terms that are summed.
#[derive(Clone, Copy, Debug)]
pub(in crate::run) struct View<'m> {
    pub(in crate::run) values: &'m [f32],
    pub(in crate::run) lines: usize,
    /// Distance of neighbouring lines.
    pub(in crate::run) line_step: usize,
    pub(in crate::run) depth: usize,
    /// Distance of neighbouring terms.
    pub(in crate::run) depth_step: usize,
}

/// Lines in panels of some width, each of which has the first term of all its lines, then the second, and so on.
#[derive(Debug)]
pub(in crate::run) struct Panels {
    /// Behind the last panel is room for one term more.
    pub(super) values: Vec<f32>,
    pub(in crate::run) lines: usize,
    pub(in crate::run) depth: usize,
    pub(super) width: usize,
}

impl Panels {
    /// Room for lines that are written later; what it holds until then, or behind the last line, nothing reads.
    pub(in crate::run) fn room(lines: usize, depth: usize, width: usize) -> Self {
        let elements = (lines.div_ceil(width) * depth + 1) * width;
        let mut values = SPARE.with_borrow_mut(Vec::pop).unwrap_or_default();
        values.resize(elements, 0.0);
        Self { values, lines, depth, width }
    }

    /// A matrix in panels of this width.
    pub(in crate::run) fn of(view: &View<'_>, width: usize) -> Self {
        let mut panels = Self::room(view.lines, view.depth, width);
        panels.fill(view);
        panels
    }

    pub(super) fn count(&self) -> usize {
        self.lines.div_ceil(self.width)
    }

    /// Some terms of a panel.
    #[inline(always)]
    pub(super) fn terms(&self, panel: usize, terms: &std::ops::Range<usize>) -> &[f32] {
        let first = (panel * self.depth + terms.start) * self.width;
        &self.values[first..first + terms.len() * self.width]
    }

    /// Writes a matrix of no more lines than there is room for.
    pub(in crate::run) fn fill(&mut self, view: &View<'_>) {
        self.lines = view.lines;
        let (width, depth) = (self.width, self.depth);
        if depth == 0 {
            return;
        }
        let panels = self.values.chunks_exact_mut(width * depth).enumerate();
        for (at, panel) in panels.take(view.lines.div_ceil(width)) {
            let first = at * width;
            let lines = width.min(view.lines - first);
            let from = &view.values[first * view.line_step..];
            match (view.line_step, lines == width, width) {
                (1, true, 8) => neighbours::<8>(panel, from, view.depth_step),
                (1, true, 16) => neighbours::<16>(panel, from, view.depth_step),
                (1, true, 32) => neighbours::<32>(panel, from, view.depth_step),
                _ => {
                    for line in 0..lines {
                        let from = from[line * view.line_step..].iter().step_by(view.depth_step.max(1));
                        let to = panel[line..].iter_mut().step_by(width);
                        to.zip(from).for_each(|(to, from)| *to = *from);
                    }
                }
            }
        }
    }
}

impl Drop for Panels {
    fn drop(&mut self) {
        if self.values.len() <= KEPT.1 {
            let values = std::mem::take(&mut self.values);
            // Where the thread is about to end, the memory is given back.
            let _ = SPARE.try_with(|spare| {
                let mut spare = spare.borrow_mut();
                if spare.len() < KEPT.0 {
                    spare.push(values);
                }
            });
        }
    }
}

/// Lines that lie beside each other.
fn neighbours<const WIDTH: usize>(panel: &mut [f32], from: &[f32], step: usize) {
    wide(|| {
        for (term, to) in panel.as_chunks_mut::<WIDTH>().0.iter_mut().enumerate() {
            to.copy_from_slice(&from[term * step..term * step + WIDTH]);
        }
    });
}
