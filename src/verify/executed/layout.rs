//! How embeddings lie in the value that the head reads.

/// Where the rows of one branch lie in a value of this shape.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Layout {
    /// Embeddings that were run together.
    batch: usize,
    width: usize,
    /// Places of each, all of which the head reads.
    pub(super) places: usize,
    order: Order,
}

/// What lies side by side.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Order {
    /// The same coordinate of all embeddings.
    Columns,
    /// The places of one coordinate.
    Places,
    /// The coordinates of one place.
    Rows,
}

impl Layout {
    /// The layout, if the shape is one of so many embeddings of this width: `[batch, width]`, with places between
    /// or behind, or `[width, batch]`.
    pub(super) fn of(shape: &[usize], batch: usize, width: usize) -> Option<Self> {
        if batch > 1 && shape == [width, batch] && width != batch {
            return Some(Self { batch, width, places: 1, order: Order::Columns });
        }
        let all: usize = shape.iter().product();
        let places = (batch * width > 0).then(|| all / (batch * width)).filter(|places| *places > 0)?;
        if places * batch * width != all || (batch > 1 && shape.first() != Some(&batch)) {
            return None;
        }
        let inner = if shape.first() == Some(&batch) { &shape[1..] } else { shape };
        let rows = places == 1 || inner.last() == Some(&width);
        let order = if rows { Order::Rows } else { Order::Places };
        (rows || inner.first() == Some(&width)).then_some(Self { batch, width, places, order })
    }

    /// The rows of all places of each input, `[batch, places, width]`.
    pub(super) fn rows(self, values: &[f64]) -> Vec<f32> {
        self.of_places(values, self.places)
    }

    /// The rows of the first place of each input, `[batch, width]`.
    pub(super) fn first_rows(self, values: &[f64]) -> Vec<f32> {
        self.of_places(values, 1)
    }

    fn of_places(self, values: &[f64], places: usize) -> Vec<f32> {
        let mut rows = Vec::with_capacity(self.batch * places * self.width);
        for batch in 0..self.batch {
            for place in 0..places {
                let of = |coordinate: usize| values[self.index(batch, place, coordinate)] as f32;
                rows.extend((0..self.width).map(of));
            }
        }
        rows
    }

    /// The same row in every place of each embedding; `row(batch)` is `[width]`.
    pub(super) fn spread<'r>(self, row: impl Fn(usize) -> &'r [f32]) -> Vec<f64> {
        let mut values = vec![0.0; self.batch * self.places * self.width];
        for batch in 0..self.batch {
            for (coordinate, value) in row(batch).iter().enumerate() {
                for place in 0..self.places {
                    values[self.index(batch, place, coordinate)] = f64::from(*value);
                }
            }
        }
        values
    }

    fn index(self, batch: usize, place: usize, coordinate: usize) -> usize {
        let start = batch * self.places * self.width;
        match self.order {
            Order::Columns => coordinate * self.batch + batch,
            Order::Places => start + coordinate * self.places + place,
            Order::Rows => start + place * self.width + coordinate,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embeddings_are_found_between_places_and_before_them() {
        let plain = Layout::of(&[2, 3], 2, 3).unwrap();
        assert_eq!(plain.rows(&[1., 2., 3., 4., 5., 6.]), [1., 2., 3., 4., 5., 6.]);
        let last = Layout::of(&[1, 2, 3], 1, 3).unwrap();
        assert_eq!(last.spread(|_| &[1., 2., 3.]), [1., 2., 3., 1., 2., 3.]);
        let first = Layout::of(&[1, 3, 2, 1], 1, 3).unwrap();
        assert_eq!(first.spread(|_| &[1., 2., 3.]), [1., 1., 2., 2., 3., 3.]);
        assert_eq!(first.first_rows(&[1., 1., 2., 2., 3., 3.]), [1., 2., 3.]);
        assert_eq!(first.rows(&[1., 4., 2., 5., 3., 6.]), [1., 2., 3., 4., 5., 6.]);
        let columns = Layout::of(&[3, 2], 2, 3).unwrap();
        assert_eq!(columns.rows(&[1., 4., 2., 5., 3., 6.]), [1., 2., 3., 4., 5., 6.]);
    }

    #[test]
    fn what_is_no_batch_of_embeddings_is_not_taken_for_one() {
        assert_eq!(Layout::of(&[3, 3], 2, 3), None);
        assert_eq!(Layout::of(&[2, 4], 2, 3), None);
        assert_eq!(Layout::of(&[1, 2, 3, 2], 1, 3), None);
        assert_eq!(Layout::of(&[], 1, 3), None);
    }
}
