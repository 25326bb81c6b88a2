//! MobileNetV2 and EfficientNet: blocks that widen, look at each channel alone, and narrow again.

mod efficientnet;
mod mobilenet;
mod state_dict;

pub(super) use efficientnet::build as efficientnet;
pub(super) use mobilenet::build as mobilenet;
pub(super) use state_dict::{
    is_efficientnet, is_mobilenet, timm_efficientnet, timm_mobilenet, torchvision_efficientnet,
    torchvision_mobilenet,
};

use declass_formats::Dtype;

use super::{
    layers::Square,
    maker::{Maker, Parts},
    settings::Made,
    unit::Unit,
};
use crate::net::ops::nodes::Plain;

/// A network.
struct Network<'s> {
    channels: usize,
    stem: Unit,
    blocks: Vec<Block>,
    last: Unit,
    /// What is added to spreads before their root is taken.
    epsilon: f64,
    /// Where the configuration names the activation, and the name.
    activation: (&'s str, &'s str),
    /// Whether each channel's largest value is classified, and not its mean.
    by_largest: bool,
    head: &'s str,
}

/// Units in a row; the last has no activation.
struct Block {
    /// What widens, if anything does.
    wide: Option<Unit>,
    each: Unit,
    gate: Option<Gate>,
    narrow: Unit,
    /// Whether what the block reads is added to what it makes.
    is_beside: bool,
}

/// What weighs each channel by the means of all.
struct Gate {
    narrow: String,
    wide: String,
    width: usize,
    inner: usize,
}

impl Network<'_> {
    fn build(&self, mut maker: Maker<'_>) -> Made<Parts> {
        let dims = [("batch", None), ("channels", Some(self.channels)), ("height", None), ("width", None)];
        let pixels = maker.input("pixel_values", Dtype::F32, &dims);
        let mut x = self.active(&mut maker, &pixels, &self.stem)?;
        for block in &self.blocks {
            let mut made = match &block.wide {
                Some(wide) => self.active(&mut maker, &x, wide)?,
                None => x.clone(),
            };
            made = self.active(&mut maker, &made, &block.each)?;
            if let Some(gate) = &block.gate {
                made = self.gated(&mut maker, &made, gate)?;
            }
            made = block.narrow.add(&mut maker, &made, self.epsilon)?;
            x = if block.is_beside { maker.add(&x, &made) } else { made };
        }
        let x = self.active(&mut maker, &x, &self.last)?;
        let pooled = if self.by_largest {
            let largest = maker.plain(Plain::GlobalMaximum, &[&x]);
            maker.reshape(&largest, &[0, -1])
        } else {
            maker.pooled(&x)
        };
        let (logits, classes) = maker.head(&pooled, self.head, self.last.channels[1])?;
        maker.finish(&logits, classes)
    }

    fn active(&self, maker: &mut Maker<'_>, x: &str, unit: &Unit) -> Made<String> {
        let made = unit.add(maker, x, self.epsilon)?;
        maker.activation(&made, self.activation.0, self.activation.1)
    }

    fn gated(&self, maker: &mut Maker<'_>, x: &str, gate: &Gate) -> Made<String> {
        let pooled = maker.pooled(x);
        let pooled = maker.reshape(&pooled, &[0, -1, 1, 1]);
        let one = Square::same(1, 1);
        let made = maker.convolution(&pooled, &gate.narrow, [gate.width, gate.inner], one, true)?;
        let made = maker.activation(&made, self.activation.0, self.activation.1)?;
        let made = maker.convolution(&made, &gate.wide, [gate.inner, gate.width], one, true)?;
        let made = maker.plain(Plain::Sigmoid, &[&made]);
        Ok(maker.multiply(x, &made))
    }
}

/// The nearest multiple of a divisor that is not much less, and at least `least`.
fn rounded(value: f64, divisor: usize, least: usize) -> usize {
    let near = (value + divisor as f64 / 2.0) as usize / divisor * divisor;
    let near = near.max(least);
    if (near as f64) < 0.9 * value { near + divisor } else { near }
}

#[cfg(test)]
mod tests {
    use super::rounded;

    #[test]
    fn widths_are_multiples_and_not_much_less() {
        let widths = [11.2, 8.4, 32.0, 44.8, 3.0, 11.5].map(|width| rounded(width, 8, 8));
        assert_eq!(widths, [16, 8, 32, 48, 8, 16]);
    }
}
