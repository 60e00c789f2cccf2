"""The subjects of the sample's scenes: one drawing function for each CIFAR-10 class."""

import numpy as np

from cnn_utils.data.sample.pen import tone

BLACK, WHITE, GLASS, LAMP = (28, 25, 27), (238, 238, 232), (130, 165, 190), (250, 240, 185)
BROWN, TAN, INK, CREAM = (105, 70, 46), (182, 142, 96), (48, 46, 48), (222, 216, 206)
GREY, GINGER, PINK, HORN = (128, 126, 124), (196, 122, 66), (200, 120, 120), (160, 125, 85)
RED, BLUE, GOLD, GREEN = (190, 40, 40), (40, 70, 170), (220, 180, 50), (50, 130, 80)
ORANGE, OLIVE, LIME, MOSS = (215, 110, 40), (100, 95, 50), (90, 155, 60), (55, 100, 50)
COATS = (BROWN, TAN, INK, CREAM, GREY, GINGER)
PAINTS = (RED, BLUE, WHITE, INK, GOLD, GREEN, GREY, ORANGE)
LEAVES = (MOSS, OLIVE, MOSS, BROWN)


# Parts that several subjects share; a head has its own sheet.


def wheels(pen, y, radius, *places):
    for x in places:
        pen.blob(BLACK, x, y, radius)
        pen.blob(GREY, x, y, 0.5 * radius)


def eyes(pen, x, y, apart, radius, iris=BLACK):
    for side in (-apart, apart):
        pen.blob(iris, x + side, y, radius)
        pen.blob(BLACK, x + side, y, 0.55 * radius)


def body(pen, coat, length, width, rx, ry):
    """Four legs, the far pair in shade, and the trunk on them."""
    for x, colour in ((28, tone(coat, 0.6)), (-30, tone(coat, 0.6)), (42, coat), (-44, coat)):
        leg = pen.at(x, 5, length, turn=pen.between(-0.2, 0.2))
        leg.line(colour, 100 * width / length, pen.pick(("0,0 0,110", "0,0 10,50 0,110")))
    pen.ball(coat, 0, 0, rx, ry)


def pointed_ears(head, coat):
    for side in (-1, 1):
        ear = head.at(0, 0, wide=side)
        ear.shape(coat, "22,-65 72,-122 88,-45")
        ear.shape(PINK, "42,-65 70,-100 76,-55")


def antlers(head):
    for side in (-1, 1):
        branch = head.at(0, 0, wide=side)
        branch.line(HORN, 11, "8,-20 50,-70 45,-130")
        branch.line(HORN, 10, "50,-70 95,-115")


def airplane(pen):
    pen = pen.at(0, 0, turn=pen.between(-0.5, 0.5))
    paint, trim = pen.colour(WHITE, CREAM, WHITE, GREY, RED), pen.colour(*PAINTS)
    shade = tone(paint, 0.65)
    if pen.chance(0.6):  # from the side
        pen.shape(shade, "25,0 -5,-35 -20,-35 -10,0")
        pen.ball(paint, 0, 0, 95, pen.between(12, 20))
        pen.shape(trim, "-55,-6 -82,-50 -100,-50 -88,0")
        pen.shape(shade, "-60,0 -95,12 -105,10 -85,-2")
        pen.line(BLUE, 5, "-50,-5 75,-5")
        pen.shape(shade, "30,5 -30,45 -48,45 -15,5")
        pen.blob(trim, -5, 24, 16, 7)
    else:  # from below
        straight = "25,0 10,-95 -10,-95 -15,0 -10,95 10,95"
        swept = "30,0 -45,-95 -65,-95 -15,0 -65,95 -45,95"
        pen.shape(shade, pen.pick((straight, swept)))
        pen.shape(trim, "-60,0 -85,-32 -100,-32 -85,0 -100,32 -85,32")
        pen.ball(paint, 0, 0, 95, 11)


def automobile(pen):
    paint = pen.colour(*PAINTS)
    shade = tone(paint, 0.7)
    if pen.chance(0.7):  # from the side
        saloon = ("-65,-5 -38,-50 20,-50 58,-5", "-50,-8 -34,-41 14,-41 42,-8")
        estate = ("-95,-5 -80,-55 15,-55 55,-5", "-84,-8 -74,-45 10,-45 40,-8")
        cabin, windows = pen.pick((saloon, estate))
        pen.shape(paint, cabin)
        pen.shape(GLASS, windows)
        pen.line(paint, 7, "-15,-48 -15,0")
        pen.shape(paint, "-100,-8 60,-8 100,8 100,35 -100,35")
        pen.shape(shade, "-100,20 100,20 100,37 -100,37")
        pen.blob(LAMP, 94, 12, 7)
        wheels(pen, 36, 22, -58, 58)
    else:  # from the front
        pen.shape(BLACK, "-70,30 70,30 70,65 45,65 45,40 -45,40 -45,65 -70,65")
        pen.shape(paint, "-50,-52 50,-52 75,0 78,45 -78,45 -75,0")
        pen.shape(GLASS, "-43,-44 43,-44 60,-5 -60,-5")
        pen.shape(shade, "-40,15 40,15 35,35 -35,35")
        eyes(pen, 0, 18, 58, 11, LAMP)


def bird(pen):
    coat, beak = pen.colour(*COATS, RED, BLUE, GOLD), pen.colour(ORANGE, GREY)
    wing = tone(coat, 0.7)
    if pen.chance(0.4):  # in flight
        pen = pen.at(0, 0, turn=pen.between(-0.4, 0.4))
        pen.shape(wing, pen.pick(("20,0 10,-85 -35,-75 -30,0", "20,0 0,60 -45,55 -30,0")))
        pen.shape(wing, "-50,-5 -100,-15 -95,12")
        pen.ball(coat, 0, 0, 60, 20)
        pen.shape(wing, "30,0 0,-80 -50,-75 -20,5")
        head = pen.at(60, -10, 24)
    else:  # on its feet
        pen.line(beak, 5, "-5,40 0,80", "12,40 17,80")
        if pen.chance(0.5):
            pen.line(BROWN, 13, pen.pick(("-140,95 140,70", "-140,75 140,90")))
        pen.shape(wing, "-30,5 -100,45 -90,60 -20,35")
        pen.ball(coat, 0, 10, 50, 36, -0.4)
        pen.blob(tone(coat, 1.3), 18, 20, 25, 20)
        pen.blob(wing, -15, 12, 36, 18, 0.2)
        head = pen.at(40, -35, 24)
    head.shape(beak, "40,-40 200,20 40,50")
    head.ball(coat, 0, 0, 100)
    head.blob(BLACK, 33, -20, 22)


def cat(pen):
    coat = pen.colour(*COATS)
    pose = pen.rng.random()
    if pose < 0.35:  # face
        pen.ball(coat, 0, 100, 75, 60)
        head = pen.at(0, 10, 75)
    elif pose < 0.65:  # sitting
        pen.line(tone(coat, 0.7), 14, pen.pick(("-30,75 -80,60 -85,-10", "-30,78 -80,78 -90,40")))
        pen.ball(coat, 0, 40, 42, 52)
        head = pen.at(5, -35, 38)
    else:  # walking
        pen.line(tone(coat, 0.8), 10, "-50,0 -85,-20 -80,-75")
        body(pen, coat, 50, 13, 60, 25)
        head = pen.at(62, -25, 32)
    pointed_ears(head, coat)
    head.ball(coat, 0, 0, 100, 88)
    eyes(head, 0, -12, 40, 20, head.colour(GOLD, LIME))
    head.blob(tone(coat, 1.3), 0, 42, 36, 24)
    head.blob(PINK, 0, 28, 11)
    head.line(WHITE, 4, "-30,40 -125,28", "30,40 125,28")  # whiskers


def dog(pen):
    coat = pen.colour(*COATS)
    pose = pen.rng.random()
    if pose < 0.35:  # face
        pen.ball(coat, 0, 100, 70, 60)
        head = pen.at(0, 5, 72)
    elif pose < 0.65:  # sitting
        pen.line(tone(coat, 0.7), 12, "-30,75 -75,55 -90,25")
        pen.ball(coat, 0, 40, 40, 55)
        pen.line(tone(coat, 0.85), 12, "20,30 22,95")
        head = pen.at(8, -35, 38)
    else:  # walking
        pen.line(tone(coat, 0.8), 10, "-50,-5 -75,-30 -85,-60")
        body(pen, coat, 60, 14, 60, 26)
        head = pen.at(64, -35, 32)
    hanging = head.chance(0.75)
    if not hanging:
        pointed_ears(head, coat)
    head.ball(coat, 0, 0, 88, 100)
    for side in (-1, 1) if hanging else ():
        head.blob(tone(coat, 0.6), 85 * side, -12, 27, 62, -0.3 * side)
    eyes(head, 0, -20, 36, 14)
    head.ball(tone(coat, 1.3), 0, 45, 48, 50)
    head.blob(BLACK, 0, 25, 22, 16)
    if head.chance(0.4):
        head.blob(PINK, 0, 92, 15, 22)


def deer(pen):
    coat = pen.colour(BROWN, GINGER, TAN)
    if pen.chance(0.75):  # from the side
        x, y = (62, -55) if pen.chance(0.7) else (85, 35)  # looking up, or grazing
        body(pen, coat, 75, 9, 55, 24)
        pen.blob(tone(coat, 1.35), -52, -2, 8, 13)
        pen.line(coat, 20, f"40,-2 {x},{y}")
        if pen.chance(0.65):
            antlers(pen.at(x, y, 45))
        pen.blob(tone(coat, 0.8), x - 14, y - 12, 14, 6, 0.5)
        pen.ball(coat, x + 8, y, 22, 11, 0.35)
    else:  # face
        pen.ball(coat, 0, 90, 40, 70)
        if pen.chance(0.7):
            antlers(pen.at(0, -20, 65))
        for side in (-1, 1):
            pen.blob(tone(coat, 0.75), 45 * side, -15, 26, 11, -0.4 * side)
        pen.ball(coat, 0, 5, 28, 45)
        eyes(pen, 0, -5, 20, 7)
        pen.blob(BLACK, 0, 40, 12, 8)


def horse(pen):
    coat = pen.colour(*COATS)
    mane = tone(coat, pen.pick((0.45, 1.35)))
    if pen.chance(0.75):  # from the side
        x, y = (72, -50) if pen.chance(0.7) else (85, 30)
        neck = f"40,-2 {x},{y}"
        pen.line(mane, 13, pen.pick(("-55,-10 -80,10 -80,65", "-55,-10 -85,0 -95,40")))
        body(pen, coat, 70, 13, 62, 28)
        pen.at(-8, -6).line(mane, 34, neck)
        pen.line(coat, 28, neck)
        head = pen.at(x, y)
        head.shape(coat, "-12,-8 0,-30 8,0")
        head.ball(coat, 13, 6, 28, 13, 0.6)
    else:  # head and neck
        pen.shape(mane, "-90,100 -50,-20 0,-75 10,10 0,100")
        pen.shape(coat, "-70,110 -35,0 5,-60 40,0 15,110")
        pen.shape(coat, "-10,-50 5,-95 20,-50")
        pen.ball(coat, 40, -15, 60, 25, 0.75)
        pen.blob(BLACK, 22, -38, 6)
        pen.blob(tone(coat, 0.5), 72, 22, 10)


def frog(pen):
    skin = pen.colour(LIME, LIME, GREEN, OLIVE, MOSS)
    shade, belly = tone(skin, 0.7), tone(skin, 1.4)
    if pen.chance(0.3):
        pen.blob(GREEN, 0, 50, 115, 50)  # a lily pad
    if pen.chance(0.65):  # sitting
        pen.ball(shade, -45, 35, 42, 24, -0.5)
        pen.line(shade, 12, "-60,55 0,62")
        pen.ball(skin, 0, 15, 65, 36, -0.35)
        pen.blob(belly, 35, 20, 25, 20)
        pen.line(skin, 13, "30,25 25,55 50,65")
        pen.ball(skin, 48, -10, 36, 25)
        pen.line(shade, 4, "30,0 82,-2")
        eyes(pen, 45, -34, 20, 12, GOLD)
    else:  # from above
        pen = pen.at(0, 0, turn=pen.between(-1.5, 1.5))
        for side in (-1, 1):
            half = pen.at(0, 0, turn=np.pi * (side < 0), wide=side)  # the other one upside down
            half.line(shade, 17, "-40,0 -10,65 -75,50 -80,80")
            half.line(shade, 12, "30,0 35,50 65,60")
        pen.ball(skin, 0, 0, 65, 40)
        pen.blob(belly, -10, 0, 40, 7)
        for side in (-22, 22):
            pen.blob(GOLD, 45, side, 12)
            pen.blob(BLACK, 47, side, 7)


def ship(pen):
    hull, trim = pen.colour(*PAINTS), pen.colour(*PAINTS)
    kind = pen.rng.random()
    if kind < 0.3:  # under sail
        pen.line(BROWN, 5, "0,30 0,-95")
        pen.shape(WHITE, "6,-90 70,15 6,15")
        pen.shape(tone(WHITE, 0.85), "-6,-75 -55,15 -6,15")
    elif kind < 0.65:  # a steamer
        pen.shape(trim, "-20,-20 -20,-70 -2,-70 -2,-20", "12,-20 12,-70 30,-70 30,-20")
        pen.shape(WHITE, "-65,30 -60,-5 -40,-5 -35,-30 38,-30 40,-5 50,-5 60,30")
        pen.line(BLUE, 6, "-50,10 50,10")
    else:  # a freighter
        pen.shape(WHITE, "-85,30 -85,-50 -50,-50 -50,30")
        pen.line(GLASS, 8, "-80,-38 -52,-38")
        for x in (-42, -12, 18, 48):
            box = pen.at(x, pen.pick((-15, 2)))
            box.shape(pen.colour(*PAINTS), "0,0 27,0 27,40 0,40")
    pen.shape(hull, "-100,20 105,15 80,60 -85,60")
    pen.shape(tone(hull, 0.6), "-92,45 88,45 80,60 -85,60")
    pen.line(CREAM, 5, "-100,62 -40,66", "-30,66 30,62", "40,63 100,66")  # foam


def truck(pen):
    paint, load = pen.colour(*PAINTS), pen.colour(*PAINTS)
    kind = pen.rng.random()
    if kind < 0.5:  # a box on wheels
        top = pen.pick((-75, -50))
        pen.shape(load, f"-100,{top} 42,{top} 42,35 -100,35")
        pen.shape(tone(load, 0.75), "-100,15 42,15 42,37 -100,37")
        pen.shape(paint, "48,-35 80,-35 100,0 100,37 48,37")
        pen.shape(GLASS, "58,-25 77,-25 90,0 58,0")
        wheels(pen, 40, 20, -75, -40, 72)
    elif kind < 0.75:  # an open bed
        pen.shape(paint, "-5,0 5,-50 40,-50 60,0")
        pen.shape(GLASS, "5,-2 12,-40 36,-40 50,-2")
        pen.shape(paint, "-100,-5 65,-5 100,5 100,37 -100,37")
        pen.shape(tone(paint, 0.7), "-95,-5 -10,-5 -10,8 -95,8")
        wheels(pen, 38, 21, -60, 62)
    else:  # from the front
        pen.shape(load, "-65,-90 65,-90 65,0 -65,0")
        pen.shape(BLACK, "-62,40 62,40 62,85 40,85 40,60 -40,60 -40,85 -62,85")
        pen.shape(paint, "-60,-55 60,-55 65,60 -65,60")
        pen.shape(GLASS, "-50,-45 50,-45 52,-2 -52,-2")
        pen.shape(tone(paint, 0.6), "-35,12 35,12 35,42 -35,42")
        eyes(pen, 0, 32, 50, 9, LAMP)
