//! A part from the middle of a picture, with borders where the picture is smaller.

use super::Picture;

/// Where the middle is, which the libraries round differently.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Centre {
    /// transformers on NumPy: the larger border comes first.
    Numpy,
    /// transformers on torchvision: the smaller border comes first.
    Tensor,
    /// torchvision and timm: a half goes to the even number.
    Even,
}

/// A part of a picture that lies in its middle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Window {
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) centre: Centre,
    /// What borders are filled with.
    pub(crate) fill: [u8; 3],
}

impl Window {
    /// The part, of the window's size whatever the picture's is.
    pub(crate) fn of(&self, picture: &Picture) -> Picture {
        let top = self.centre.start(picture.height, self.height);
        let left = self.centre.start(picture.width, self.width);
        let mut rgb = Vec::with_capacity(self.height * self.width * 3);
        for y in top..top + self.height as i64 {
            let row = usize::try_from(y).ok().filter(|y| *y < picture.height);
            let row = row.map(|y| &picture.rgb[y * picture.width * 3..][..picture.width * 3]);
            for x in left..left + self.width as i64 {
                let column = usize::try_from(x).ok().filter(|x| *x < picture.width);
                let pixel = row.zip(column).map(|(row, x)| &row[x * 3..][..3]);
                rgb.extend_from_slice(pixel.unwrap_or(&self.fill));
            }
        }
        Picture { width: self.width, height: self.height, rgb }
    }
}

impl Centre {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Numpy => "larger border first",
            Self::Tensor => "smaller border first",
            Self::Even => "halves to the even",
        }
    }

    /// Where a part of a length begins; below zero where a border comes first.
    fn start(self, have: usize, want: usize) -> i64 {
        let (have, want) = (have as i64, want as i64);
        let border = want - have;
        match self {
            Self::Numpy if border > 0 => -((border + 1) / 2),
            Self::Tensor | Self::Even if border > 0 => -(border / 2),
            Self::Numpy | Self::Tensor => -border / 2,
            Self::Even => (-border as f64 / 2.0).round_ties_even() as i64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_rounded_as_each_library_does() {
        let starts =
            |centre: Centre| [(5, 8), (8, 5), (7, 2), (4, 4)].map(|(have, want)| centre.start(have, want));
        assert_eq!(starts(Centre::Numpy), [-2, 1, 2, 0]);
        assert_eq!(starts(Centre::Tensor), [-1, 1, 2, 0]);
        assert_eq!(starts(Centre::Even), [-1, 2, 2, 0]);
    }

    #[test]
    fn borders_are_filled() {
        let picture = Picture { width: 1, height: 1, rgb: vec![1, 2, 3] };
        let window = Window { height: 2, width: 3, centre: Centre::Tensor, fill: [9; 3] };
        assert_eq!(window.of(&picture).rgb, [[9; 3], [1, 2, 3], [9; 3], [9; 3], [9; 3], [9; 3]].concat());
    }
}
