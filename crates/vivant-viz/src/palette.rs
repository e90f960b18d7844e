//! Tableau's palettes by their public colour values, under the names that documents give them.
//!
//! Source of the values: the lists that the open packages ggthemes and ColorSchemes.jl publish, checked against
//! pictures where they allow it: those have a colour next to the middle of orange and blue that the lists leave out.

use vivant_render::Color;

/// What a palette is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PaletteKind {
    /// One colour for each member.
    Categorical,
    /// From little to much.
    Sequential,
    /// From little over the middle to much.
    Diverging,
}

/// Colours under a name.
pub(crate) struct Palette {
    name: &'static str,
    pub kind: PaletteKind,
    values: &'static [u32],
}

impl Palette {
    pub fn colors(&self) -> Vec<Color> {
        self.values.iter().map(|value| Color::rgb(*value)).collect()
    }
}

/// Finds a palette by the name that a document gives it.
pub(crate) fn palette(name: &str) -> Option<&'static Palette> {
    let plain = name.to_lowercase().replace(['-', ' '], "_");
    let plain = plain.strip_suffix("_10_0").unwrap_or(&plain);
    // An older name, cut off by its own program.
    let plain = if plain == "tableau_map_temperatur" {
        "temperature_diverging"
    } else {
        plain
    };
    PALETTES.iter().find(|palette| palette.name == plain).or_else(|| {
        let longer = format!("{plain}_diverging");
        PALETTES.iter().find(|palette| palette.name == longer)
    })
}

/// The palette that fields have by themselves: one of 10 colours, or of 20 for more members.
pub(crate) fn automatic(members: usize, classic: bool) -> &'static Palette {
    let name = match (members > 10, classic) {
        (false, false) => "tableau10",
        (true, false) => "tableau20",
        (false, true) => "tableau_10",
        (true, true) => "tableau_20",
    };
    palette(name).expect("the palette is in the table")
}

#[rustfmt::skip]
const PALETTES: &[Palette] = &[
    Palette { name: "tableau10", kind: PaletteKind::Categorical, values: &[0x4E79A7, 0xF28E2B, 0xE15759, 0x76B7B2, 0x59A14F, 0xEDC948, 0xB07AA1, 0xFF9DA7, 0x9C755F, 0xBAB0AC] },
    Palette { name: "tableau20", kind: PaletteKind::Categorical, values: &[0x4E79A7, 0xA0CBE8, 0xF28E2B, 0xFFBE7D, 0x59A14F, 0x8CD17D, 0xB6992D, 0xF1CE63, 0x499894, 0x86BCB6, 0xE15759, 0xFF9D9A, 0x79706E, 0xBAB0AC, 0xD37295, 0xFABFD2, 0xB07AA1, 0xD4A6C8, 0x9D7660, 0xD7B5A6] },
    Palette { name: "color_blind", kind: PaletteKind::Categorical, values: &[0x1170AA, 0xFC7D0B, 0xA3ACB9, 0x57606C, 0x5FA2CE, 0xC85200, 0x7B848F, 0xA3CCE9, 0xFFBC79, 0xC8D0D9] },
    Palette { name: "seattle_grays", kind: PaletteKind::Categorical, values: &[0x767F8B, 0xB3B7B8, 0x5C6068, 0xD3D3D3, 0x989CA3] },
    Palette { name: "traffic_light", kind: PaletteKind::Categorical, values: &[0xB60A1C, 0xE39802, 0x309143, 0xE03531, 0xF0BD27, 0x51B364, 0xFF684C, 0xFFDA66, 0x8ACE7E] },
    Palette { name: "miller_stone", kind: PaletteKind::Categorical, values: &[0x4F6980, 0x849DB1, 0xA2CEAA, 0x638B66, 0xBFBB60, 0xF47942, 0xFBB04E, 0xB66353, 0xD7CE9F, 0xB9AA97, 0x7E756D] },
    Palette { name: "superfishel_stone", kind: PaletteKind::Categorical, values: &[0x6388B4, 0xFFAE34, 0xEF6F6A, 0x8CC2CA, 0x55AD89, 0xC3BC3F, 0xBB7693, 0xBAA094, 0xA9B5AE, 0x767676] },
    Palette { name: "nuriel_stone", kind: PaletteKind::Categorical, values: &[0x8175AA, 0x6FB899, 0x31A1B3, 0xCCB22B, 0xA39FC9, 0x94D0C0, 0x959C9E, 0x027B8E, 0x9F8F12] },
    Palette { name: "jewel_bright", kind: PaletteKind::Categorical, values: &[0xEB1E2C, 0xFD6F30, 0xF9A729, 0xF9D23C, 0x5FBB68, 0x64CDCC, 0x91DCEA, 0xA4A4D5, 0xBBC9E5] },
    Palette { name: "summer", kind: PaletteKind::Categorical, values: &[0xBFB202, 0xB9CA5D, 0xCF3E53, 0xF1788D, 0x00A2B3, 0x97CFD0, 0xF3A546, 0xF7C480] },
    Palette { name: "winter", kind: PaletteKind::Categorical, values: &[0x90728F, 0xB9A0B4, 0x9D983D, 0xCECB76, 0xE15759, 0xFF9888, 0x6B6B6B, 0xBAB2AE, 0xAA8780, 0xDAB6AF] },
    Palette { name: "green_orange_teal", kind: PaletteKind::Categorical, values: &[0x4E9F50, 0x87D180, 0xEF8A0C, 0xFCC66D, 0x3CA8BC, 0x98D9E4, 0x94A323, 0xC3CE3D, 0xA08400, 0xF7D42A, 0x26897E, 0x8DBFA8] },
    Palette { name: "blue_red_brown", kind: PaletteKind::Categorical, values: &[0x466F9D, 0x91B3D7, 0xED444A, 0xFEB5A2, 0x9D7660, 0xD7B5A6, 0x3896C4, 0xA0D4EE, 0xBA7E45, 0x39B87F, 0xC8133B, 0xEA8783] },
    Palette { name: "purple_pink_gray", kind: PaletteKind::Categorical, values: &[0x8074A8, 0xC6C1F0, 0xC46487, 0xFFBED1, 0x9C9290, 0xC5BFBE, 0x9B93C9, 0xDDB5D5, 0x7C7270, 0xF498B6, 0xB173A0, 0xC799BC] },
    Palette { name: "hue_circle", kind: PaletteKind::Categorical, values: &[0x1BA3C6, 0x2CB5C0, 0x30BCAD, 0x21B087, 0x33A65C, 0x57A337, 0xA2B627, 0xD5BB21, 0xF8B620, 0xF89217, 0xF06719, 0xE03426, 0xF64971, 0xFC719E, 0xEB73B3, 0xCE69BE, 0xA26DC2, 0x7873C0, 0x4F7CBA] },
    Palette { name: "tableau_10", kind: PaletteKind::Categorical, values: &[0x1F77B4, 0xFF7F0E, 0x2CA02C, 0xD62728, 0x9467BD, 0x8C564B, 0xE377C2, 0x7F7F7F, 0xBCBD22, 0x17BECF] },
    Palette { name: "tableau_10_medium", kind: PaletteKind::Categorical, values: &[0x729ECE, 0xFF9E4A, 0x67BF5C, 0xED665D, 0xAD8BC9, 0xA8786E, 0xED97CA, 0xA2A2A2, 0xCDCC5D, 0x6DCCDA] },
    Palette { name: "tableau_10_light", kind: PaletteKind::Categorical, values: &[0xAEC7E8, 0xFFBB78, 0x98DF8A, 0xFF9896, 0xC5B0D5, 0xC49C94, 0xF7B6D2, 0xC7C7C7, 0xDBDB8D, 0x9EDAE5] },
    Palette { name: "tableau_20", kind: PaletteKind::Categorical, values: &[0x1F77B4, 0xAEC7E8, 0xFF7F0E, 0xFFBB78, 0x2CA02C, 0x98DF8A, 0xD62728, 0xFF9896, 0x9467BD, 0xC5B0D5, 0x8C564B, 0xC49C94, 0xE377C2, 0xF7B6D2, 0x7F7F7F, 0xC7C7C7, 0xBCBD22, 0xDBDB8D, 0x17BECF, 0x9EDAE5] },
    Palette { name: "gray_5", kind: PaletteKind::Categorical, values: &[0x60636A, 0xA5ACAF, 0x414451, 0x8F8782, 0xCFCFCF] },
    Palette { name: "colorblind_10", kind: PaletteKind::Categorical, values: &[0x006BA4, 0xFF800E, 0xABABAB, 0x595959, 0x5F9ED1, 0xC85200, 0x898989, 0xA2C8EC, 0xFFBC79, 0xCFCFCF] },
    Palette { name: "trafficlight_9", kind: PaletteKind::Categorical, values: &[0xB10318, 0xDBA13A, 0x309343, 0xD82526, 0xFFC156, 0x69B764, 0xF26C64, 0xFFDD71, 0x9FCD99] },
    Palette { name: "purplegray_6", kind: PaletteKind::Categorical, values: &[0x7B66D2, 0xDC5FBD, 0x94917B, 0x995688, 0xD098EE, 0xD7D5C5] },
    Palette { name: "purplegray_12", kind: PaletteKind::Categorical, values: &[0x7B66D2, 0xA699E8, 0xDC5FBD, 0xFFC0DA, 0x5F5A41, 0xB4B19B, 0x995688, 0xD898BA, 0xAB6AD5, 0xD098EE, 0x8B7C6E, 0xDBD4C5] },
    Palette { name: "greenorange_6", kind: PaletteKind::Categorical, values: &[0x32A251, 0xFF7F0F, 0x3CB7CC, 0xFFD94A, 0x39737C, 0xB85A0D] },
    Palette { name: "greenorange_12", kind: PaletteKind::Categorical, values: &[0x32A251, 0xACD98D, 0xFF7F0F, 0xFFB977, 0x3CB7CC, 0x98D9E4, 0xB85A0D, 0xFFD94A, 0x39737C, 0x86B4A9, 0x82853B, 0xCCC94D] },
    Palette { name: "bluered_6", kind: PaletteKind::Categorical, values: &[0x2C69B0, 0xF02720, 0xAC613C, 0x6BA3D6, 0xEA6B73, 0xE9C39B] },
    Palette { name: "bluered_12", kind: PaletteKind::Categorical, values: &[0x2C69B0, 0xB5C8E2, 0xF02720, 0xFFB6B0, 0xAC613C, 0xE9C39B, 0x6BA3D6, 0xB5DFFD, 0xAC8763, 0xDDC9B4, 0xBD0A36, 0xF4737A] },
    Palette { name: "cyclic", kind: PaletteKind::Categorical, values: &[0x1F83B4, 0x12A2A8, 0x2CA030, 0x78A641, 0xBCBD22, 0xFFBF50, 0xFFAA0E, 0xFF7F0E, 0xD63A3A, 0xC7519C, 0xBA43B4, 0x8A60B0, 0x6F63BB] },
    Palette { name: "blue", kind: PaletteKind::Sequential, values: &[0xB9DDF1, 0xAFD6ED, 0xA5CFE9, 0x9BC7E4, 0x92C0DF, 0x89B8DA, 0x80B0D5, 0x79AACF, 0x72A3C9, 0x6A9BC3, 0x6394BE, 0x5B8CB8, 0x5485B2, 0x4E7FAC, 0x4878A6, 0x43719F, 0x3D6A98, 0x376491, 0x305D8A, 0x2A5783] },
    Palette { name: "blue_teal", kind: PaletteKind::Sequential, values: &[0xBCE4D8, 0xAEDCD5, 0xA1D5D2, 0x95CECF, 0x89C8CC, 0x7EC1CA, 0x72BAC6, 0x66B2C2, 0x59ACBE, 0x4BA5BA, 0x419EB6, 0x3B96B2, 0x358EAD, 0x3586A7, 0x347EA1, 0x32779B, 0x316F96, 0x2F6790, 0x2D608A, 0x2C5985] },
    Palette { name: "orange", kind: PaletteKind::Sequential, values: &[0xFFC685, 0xFCBE75, 0xF9B665, 0xF7AE54, 0xF5A645, 0xF59C3C, 0xF49234, 0xF2882D, 0xF07E27, 0xEE7422, 0xE96B20, 0xE36420, 0xDB5E20, 0xD25921, 0xCA5422, 0xC14F22, 0xB84B23, 0xAF4623, 0xA64122, 0x9E3D22] },
    Palette { name: "orange_gold", kind: PaletteKind::Sequential, values: &[0xF4D166, 0xF6C760, 0xF8BC58, 0xF8B252, 0xF7A84A, 0xF69E41, 0xF49538, 0xF38B2F, 0xF28026, 0xF0751E, 0xEB6C1C, 0xE4641E, 0xDE5D1F, 0xD75521, 0xCF4F22, 0xC64A22, 0xBC4623, 0xB24223, 0xA83E24, 0x9E3A26] },
    Palette { name: "green", kind: PaletteKind::Sequential, values: &[0xB3E0A6, 0xA5DB96, 0x98D687, 0x8ED07F, 0x85CA77, 0x7DC370, 0x75BC69, 0x6EB663, 0x67AF5C, 0x61A956, 0x59A253, 0x519C51, 0x49964F, 0x428F4D, 0x398949, 0x308344, 0x2B7C40, 0x27763D, 0x256F3D, 0x24693D] },
    Palette { name: "green_gold", kind: PaletteKind::Sequential, values: &[0xF4D166, 0xE3CD62, 0xD3C95F, 0xC3C55D, 0xB2C25B, 0xA3BD5A, 0x93B958, 0x84B457, 0x76AF56, 0x67A956, 0x5AA355, 0x4F9E53, 0x479751, 0x40914F, 0x3A8A4D, 0x34844A, 0x2D7D45, 0x257740, 0x1C713B, 0x146C36] },
    Palette { name: "red", kind: PaletteKind::Sequential, values: &[0xFFBEB2, 0xFEB4A6, 0xFDAB9B, 0xFCA290, 0xFB9984, 0xFA8F79, 0xF9856E, 0xF77B66, 0xF5715D, 0xF36754, 0xF05C4D, 0xEC5049, 0xE74545, 0xE13B42, 0xDA323F, 0xD3293D, 0xCA223C, 0xC11A3B, 0xB8163A, 0xAE123A] },
    Palette { name: "red_gold", kind: PaletteKind::Sequential, values: &[0xF4D166, 0xF5C75F, 0xF6BC58, 0xF7B254, 0xF9A750, 0xFA9D4F, 0xFB934D, 0xF7894B, 0xF47F4A, 0xF0774A, 0xEB6F49, 0xE66549, 0xE15C48, 0xDC5447, 0xD64C45, 0xD04344, 0xCA3A42, 0xC43141, 0xBD273F, 0xB71D3E] },
    Palette { name: "purple", kind: PaletteKind::Sequential, values: &[0xEEC9E5, 0xEAC1DF, 0xE6B9D9, 0xE0B2D2, 0xDAABCB, 0xD5A4C4, 0xCF9DBE, 0xCA96B8, 0xC48FB2, 0xBE89AC, 0xB882A6, 0xB27BA1, 0xAA759D, 0xA27099, 0x9A6A96, 0x926591, 0x8C5F8C, 0x865986, 0x81537F, 0x7C4D79] },
    Palette { name: "brown", kind: PaletteKind::Sequential, values: &[0xEEDBBD, 0xECD2AD, 0xEBC994, 0xEAC085, 0xE8B777, 0xE5AE6C, 0xE2A562, 0xDE9D5A, 0xD99455, 0xD38C54, 0xCE8451, 0xC97C4D, 0xC47247, 0xC16941, 0xBD6036, 0xB85636, 0xB34D34, 0xAD4433, 0xA63D32, 0x9F3632] },
    Palette { name: "gray", kind: PaletteKind::Sequential, values: &[0xD5D5D5, 0xCDCECD, 0xC5C7C6, 0xBCBFBE, 0xB4B7B7, 0xACB0B1, 0xA4A9AB, 0x9CA3A4, 0x939C9E, 0x8B9598, 0x848E93, 0x7C878D, 0x758087, 0x6E7A81, 0x67737C, 0x616C77, 0x5B6570, 0x555F6A, 0x4F5864, 0x49525E] },
    Palette { name: "gray_warm", kind: PaletteKind::Sequential, values: &[0xDCD4D0, 0xD4CCC8, 0xCDC4C0, 0xC5BDB9, 0xBEB6B2, 0xB7AFAB, 0xB0A8A4, 0xA9A09D, 0xA29996, 0x9B938F, 0x948C88, 0x8D8481, 0x867E7B, 0x807774, 0x79706E, 0x736967, 0x6C6260, 0x665C5A, 0x5F5654, 0x59504E] },
    Palette { name: "tableau_blue_light", kind: PaletteKind::Sequential, values: &[0xE5E5E5, 0xE0E3E8, 0xDBE1EA, 0xD5DFEC, 0xD0DCEF, 0xCADAF1, 0xC4D8F3] },
    Palette { name: "tableau_orange_light", kind: PaletteKind::Sequential, values: &[0xE5E5E5, 0xEBE1D9, 0xF0DDCD, 0xF5D9C2, 0xF9D4B6, 0xFDD0AA, 0xFFCC9E] },
    Palette { name: "tableau_blue_green_sequential", kind: PaletteKind::Sequential, values: &[0xFEFFD9, 0xF2FABF, 0xDFF3B2, 0xC4EAB1, 0x94D6B7, 0x69C5BE, 0x41B7C4] },
    Palette { name: "tableau_blue", kind: PaletteKind::Sequential, values: &[0xB4D4DA, 0x7BC8E2, 0x67ADD4, 0x3A87B7, 0x1C73B1, 0x1C5998, 0x26456E] },
    Palette { name: "tableau_green", kind: PaletteKind::Sequential, values: &[0xBCCFB4, 0x94BB83, 0x69A761, 0x339444, 0x27823B, 0x1A7232, 0x09622A] },
    Palette { name: "tableau_gray", kind: PaletteKind::Sequential, values: &[0xC3C3C3, 0xB2B2B2, 0xA2A2A2, 0x929292, 0x838383, 0x747474, 0x666666, 0x585858, 0x4B4B4B, 0x3F3F3F, 0x333333, 0x282828, 0x1E1E1E] },
    Palette { name: "tableau_red", kind: PaletteKind::Sequential, values: &[0xEAC0BD, 0xF89A90, 0xF57667, 0xE35745, 0xD8392C, 0xCF1719, 0xC21417, 0xB10C1D, 0x9C0824] },
    Palette { name: "tableau_orange", kind: PaletteKind::Sequential, values: &[0xF0C294, 0xFDAB67, 0xFD8938, 0xF06511, 0xD74401, 0xA33202, 0x7B3014] },
    Palette { name: "area_red", kind: PaletteKind::Sequential, values: &[0xF5CAC7, 0xFBB3AB, 0xFD9C8F, 0xFE8B7A, 0xFD7864, 0xF46B55, 0xEA5E45, 0xE04E35, 0xD43E25, 0xC92B14, 0xBD1100] },
    Palette { name: "area_green", kind: PaletteKind::Sequential, values: &[0xDBE8B4, 0xC3E394, 0xACDC7A, 0x9AD26D, 0x8AC765, 0x7ABC5F, 0x6CAE59, 0x60A24D, 0x569735, 0x4A8C1C, 0x3C8200] },
    Palette { name: "area_brown", kind: PaletteKind::Sequential, values: &[0xF3E0C2, 0xF6D29C, 0xF7C577, 0xF0B763, 0xE4AA63, 0xD89C63, 0xCC8F63, 0xC08262, 0xBB7359, 0xBB6348, 0xBB5137] },
    Palette { name: "orange_blue_diverging", kind: PaletteKind::Diverging, values: &[0x9E3D22, 0xAE4622, 0xBE4F21, 0xCF5821, 0xDB6625, 0xE5762B, 0xEF8531, 0xF6963C, 0xF7A751, 0xF7B966, 0xD9D5C9, 0x9CCAE4, 0x8CBDDD, 0x7CB0D5, 0x6FA3CC, 0x6396C1, 0x578AB6, 0x4B7DAB, 0x4172A0, 0x366795, 0x2B5C8A] },
    Palette { name: "red_green_diverging", kind: PaletteKind::Diverging, values: &[0xA3123A, 0xE33F43, 0xF8816B, 0xCED7C3, 0x73BA67, 0x44914E, 0x24693D] },
    Palette { name: "green_blue_diverging", kind: PaletteKind::Diverging, values: &[0x24693D, 0x45934D, 0x75BC69, 0xC9DAD2, 0x77A9CF, 0x4E7FAB, 0x2A5783] },
    Palette { name: "red_blue_diverging", kind: PaletteKind::Diverging, values: &[0xA90C38, 0xE03B42, 0xF87F69, 0xDFD4D1, 0x7EAED3, 0x5383AF, 0x2E5A87] },
    Palette { name: "red_black", kind: PaletteKind::Diverging, values: &[0xAE123A, 0xE33E43, 0xF8816B, 0xD9D9D9, 0xA0A7A8, 0x707C83, 0x49525E] },
    Palette { name: "gold_purple_diverging", kind: PaletteKind::Diverging, values: &[0xAD9024, 0xC1A33B, 0xD4B95E, 0xE3D8CF, 0xD4A3C3, 0xC189B0, 0xAC7299] },
    Palette { name: "red_green_gold_diverging", kind: PaletteKind::Diverging, values: &[0xBE2A3E, 0xE25F48, 0xF88F4D, 0xF4D166, 0x90B960, 0x4B9B5F, 0x22763F] },
    Palette { name: "sunrise_sunset_diverging", kind: PaletteKind::Diverging, values: &[0x33608C, 0x9768A5, 0xE7718A, 0xF6BA57, 0xED7846, 0xD54C45, 0xB81840] },
    Palette { name: "orange_blue_white_diverging", kind: PaletteKind::Diverging, values: &[0x9E3D22, 0xE36621, 0xFCAD52, 0xFFFFFF, 0x95C5E1, 0x5B8FBC, 0x2B5C8A] },
    Palette { name: "red_green_white_diverging", kind: PaletteKind::Diverging, values: &[0xAE123A, 0xEE574D, 0xFDAC9E, 0xFFFFFF, 0x91D183, 0x539E52, 0x24693D] },
    Palette { name: "green_blue_white_diverging", kind: PaletteKind::Diverging, values: &[0x24693D, 0x529C51, 0x8FD180, 0xFFFFFF, 0x95C1DD, 0x598AB5, 0x2A5783] },
    Palette { name: "red_blue_white_diverging", kind: PaletteKind::Diverging, values: &[0xA90C38, 0xEC534B, 0xFEAA9A, 0xFFFFFF, 0x9AC4E1, 0x5C8DB8, 0x2E5A87] },
    Palette { name: "red_black_white_diverging", kind: PaletteKind::Diverging, values: &[0xAE123A, 0xEE574D, 0xFDAC9D, 0xFFFFFF, 0xBDC0BF, 0x7D888D, 0x49525E] },
    Palette { name: "tableau_orange_blue_light", kind: PaletteKind::Diverging, values: &[0xFFCC9E, 0xF9D4B6, 0xF0DCCD, 0xE5E5E5, 0xDAE1EA, 0xCFDCEF, 0xC4D8F3] },
    Palette { name: "temperature_diverging", kind: PaletteKind::Diverging, values: &[0x529985, 0x6C9E6E, 0x99B059, 0xDBCF47, 0xEBC24B, 0xE3A14F, 0xC26B51] },
    Palette { name: "tableau_orange_blue", kind: PaletteKind::Diverging, values: &[0x7B3014, 0xA33202, 0xD74401, 0xF06511, 0xFD8938, 0xFDAB67, 0xCACACA, 0x7BC8E2, 0x67ADD4, 0x3A87B7, 0x1C73B1, 0x1C5998, 0x26456E] },
    Palette { name: "tableau_red_green", kind: PaletteKind::Diverging, values: &[0x9C0824, 0xBD1316, 0xD11719, 0xDF513F, 0xFC8375, 0xCACACA, 0xA2C18F, 0x69A761, 0x2F8E41, 0x1E7735, 0x09622A] },
    Palette { name: "tableau_red_blue", kind: PaletteKind::Diverging, values: &[0x9C0824, 0xBD1316, 0xD11719, 0xDF513F, 0xFC8375, 0xCACACA, 0x67ADD4, 0x3A87B7, 0x1C73B1, 0x1C5998, 0x26456E] },
    Palette { name: "tableau_red_black", kind: PaletteKind::Diverging, values: &[0x9C0824, 0xBD1316, 0xD11719, 0xDF513F, 0xFC8375, 0xCACACA, 0x9B9B9B, 0x777777, 0x565656, 0x383838, 0x1E1E1E] },
    Palette { name: "tableau_green_blue", kind: PaletteKind::Diverging, values: &[0x09622A, 0x1E7735, 0x2F8E41, 0x69A761, 0xA2C18F, 0xCACACA, 0x67ADD4, 0x3A87B7, 0x1C73B1, 0x1C5998, 0x26456E] },
    Palette { name: "tableau_red_green_white", kind: PaletteKind::Diverging, values: &[0x9C0824, 0xB41F27, 0xCC312B, 0xE86753, 0xFCB4A5, 0xFFFFFF, 0xB9D7B7, 0x74AF72, 0x428F49, 0x297839, 0x09622A] },
    Palette { name: "tableau_orange_blue_white", kind: PaletteKind::Diverging, values: &[0x7B3014, 0xA84415, 0xD85A13, 0xFB8547, 0xFFC2A1, 0xFFFFFF, 0xB7CDE2, 0x6A9EC5, 0x3679A8, 0x2E5F8A, 0x26456E] },
    Palette { name: "area_red_green", kind: PaletteKind::Diverging, values: &[0xBD1100, 0xC82912, 0xD23A21, 0xDC4930, 0xE6583E, 0xEF654D, 0xF7705B, 0xFD7E6B, 0xFE8E7E, 0xFCA294, 0xE9DABE, 0xC7E298, 0xB1DE7F, 0xA0D571, 0x90CB68, 0x82C162, 0x75B65D, 0x69AA56, 0x5EA049, 0x559633, 0x4A8C1C] },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn palettes_are_found_by_the_names_of_documents() {
        for (name, kind, first) in [
            ("tableau10_10_0", PaletteKind::Categorical, 0x4E79A7),
            ("tableau-10", PaletteKind::Categorical, 0x1F77B4),
            ("blue_10_0", PaletteKind::Sequential, 0xB9DDF1),
            ("orange_blue_diverging_10_0", PaletteKind::Diverging, 0x9E3D22),
            ("tableau-orange-blue", PaletteKind::Diverging, 0x7B3014),
            ("red_black_10_0", PaletteKind::Diverging, 0xAE123A),
            ("tableau-map-temperatur", PaletteKind::Diverging, 0x529985),
        ] {
            let found = palette(name).expect(name);
            assert_eq!(
                (found.kind, found.colors()[0]),
                (kind, Color::rgb(first)),
                "{name}"
            );
        }
        assert!(palette("no such palette").is_none());
        assert_eq!(automatic(11, false).colors()[2], Color::rgb(0xF28E2B));
        let mut names: Vec<_> = PALETTES.iter().map(|palette| palette.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), PALETTES.len());
    }
}
