#include "plugins/qualityprobe/field_order.h"

#include <gtest/gtest.h>

#include "tests/unit/qualityprobe/pictures.h"

namespace filmgate::quality {
namespace {

// A texture that moves sideways; each row of a picture shows it at its own moment.
std::shared_ptr<TestPicture> moving(double even, double odd) {
  auto picture = std::make_shared<TestPicture>(320, 240);
  picture->fill([=](int x, int y) {
    const int at = x + static_cast<int>(3 * (y % 2 ? odd : even));
    return 60 + (at / 7 * 37 + y / 9 * 11) % 120;
  });
  return picture;
}

enum class Kind { kProgressive, kTop, kBottom, kStill };

FieldFigures last_of(Kind kind, int pictures, FieldJudge& judge) {
  FieldFigures figures;
  std::shared_ptr<TestPicture> before;
  for (int i = 0; i < pictures; ++i) {
    const double t = 2 * i;
    const auto now = kind == Kind::kProgressive ? moving(t, t)
                     : kind == Kind::kTop       ? moving(t, t + 1)
                     : kind == Kind::kBottom    ? moving(t + 1, t)
                                                : moving(0, 0);
    PatternMeasure measure;
    measure.begin(now->luma(), {.fields = true});
    walk_strips(now->luma(), before ? &before->luma() : nullptr, now->samples,
                [&](const Strip& strip) { measure.add(strip); });
    if (before)
      figures = judge.judge(measure.sums().fields, {});
    else
      judge.begin(measure.sums().fields);
    before = now;
  }
  return figures;
}

FieldFigures last_of(Kind kind) {
  FieldJudge judge;
  return last_of(kind, 5, judge);
}

TEST(FieldJudge, TellsTheOrderOfFields) {
  EXPECT_EQ(last_of(Kind::kTop).order, FieldOrder::kTopFirst);
  EXPECT_EQ(last_of(Kind::kBottom).order, FieldOrder::kBottomFirst);
  EXPECT_EQ(last_of(Kind::kProgressive).order, FieldOrder::kProgressive);
  EXPECT_EQ(last_of(Kind::kStill).order, FieldOrder::kUndetermined);
}

TEST(FieldJudge, CombsMoreWhereFieldsAreApart) {
  EXPECT_GT(last_of(Kind::kTop).comb_ratio.value(), 0.2);
  EXPECT_LT(last_of(Kind::kProgressive).comb_ratio.value(), 0.03);
}

TEST(FieldJudge, HoldsItsVerdictUntilThreePicturesAgree) {
  FieldSums top;
  top.later[0] = top.earlier[1] = 200;
  top.later[1] = top.earlier[0] = 100;
  top.inside = 200;
  FieldSums bottom;
  bottom.later[0] = bottom.earlier[1] = 100;
  bottom.later[1] = bottom.earlier[0] = 200;
  bottom.inside = 200;
  FieldJudge judge;
  judge.begin(top);
  EXPECT_EQ(judge.judge(top, {}).order, FieldOrder::kTopFirst);
  EXPECT_EQ(judge.judge(bottom, {}).order, FieldOrder::kTopFirst);
  FieldSums nothing;
  nothing.inside = 200;
  EXPECT_EQ(judge.judge(nothing, {}).order, FieldOrder::kTopFirst);
  EXPECT_EQ(judge.judge(bottom, {}).order, FieldOrder::kTopFirst);
  EXPECT_EQ(judge.judge(bottom, {}).order, FieldOrder::kBottomFirst);
}

// A camera that moves down: one order fits better, but nothing as well as the picture's own rows.
TEST(FieldJudge, IsNotMisledByMotionUpAndDown) {
  FieldSums sums;
  sums.later[0] = sums.earlier[1] = 200;
  sums.later[1] = sums.earlier[0] = 180;
  sums.inside = 100;
  FieldJudge judge;
  judge.begin(sums);
  EXPECT_EQ(judge.judge(sums, {}).order, FieldOrder::kProgressive);
}

TEST(FieldJudge, SeesAFieldThatIsShownAgain) {
  FieldSums sums;
  sums.change = {10, 31};
  FieldJudge judge;
  judge.begin(sums);
  EXPECT_EQ(judge.judge(sums, {}).repeated, RepeatedField::kTop);
  sums.change = {31, 10};
  EXPECT_EQ(judge.judge(sums, {}).repeated, RepeatedField::kBottom);
  sums.change = {29, 10};
  EXPECT_EQ(judge.judge(sums, {}).repeated, RepeatedField::kNeither);
  sums.change = {0, 0};
  EXPECT_EQ(judge.judge(sums, {}).repeated, RepeatedField::kNeither);
}

}  // namespace
}  // namespace filmgate::quality
