"""Makes up short texts about things that do not exist, with questions whose answers are known exactly.

They teach what no real text does often enough: to take names, dates and numbers from the text and from nowhere else.

In:  a random.Random.
Out: made_up(rng) -> (text, [Asked], [[facts of a sentence]]); the same generator gives the same text.
"""

from dataclasses import dataclass

from questions import Asked

ONSETS = "b br c ch cl d dr f fl g gl gr h j k kr l m n p pr qu r s sh sk sl st t th tr v w z".split()
VOWELS = "a e i o u ai ea ie oa ou".split()
CODAS = "n r l m s t nd rn lt ck st x d th".split()
PLACES = ["ton", "ville", "burg", "ford", "stad", "haven", "field", "mouth", "bridge", "wick", "dale", "holm", "grad", "minster"]
FIRST = "Anna Ben Clara David Elena Farid Grace Hugo Ines Jonas Kenji Lucia Mara Nadia Oscar Priya Quentin Rosa Samuel Tara Ugo Vera Wilma Yusuf Zoe Ahmed Beatriz Chen Dolores Emil".split()
MONTHS = "January February March April May June July August September October November December".split()
NUMBERS = "two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty sixty".split()
MATERIALS = "granite brick oak timber limestone sandstone steel concrete slate copper clay glass marble".split()
GOODS = "wool|salt|timber|cotton|silk|cheese|honey|iron ore|olive oil|barley|tea|glassware|paper|ceramics|leather|dried fish|wine|rubber".split("|")
FOODS = "seeds|insects|small fish|grasses|fruit|snails|fallen leaves|roots|berries|crabs|moss|mushrooms|nectar".split("|")
HABITATS = "wet meadows|pine forests|rocky coasts|salt marshes|high mountains|dry grasslands|river banks|old orchards|shallow lakes|mangroves".split("|")
PROBLEMS = "the old one had been destroyed by a flood|the old one was too small|the town was growing quickly|a fire had damaged the roof|trade with the coast was increasing|the river often froze in winter|the council wanted to save money|the older building had become unsafe".split("|")
FIELDS = "mathematics|botany|medicine|astronomy|chemistry|law|music|history|geology|engineering|economics|architecture".split("|")
INVENTIONS = "a new kind of pump|a machine that sorts grain|a method to measure the depth of rivers|a lamp for miners|an early typewriter|a way to dry fruit with warm air|a cheap water filter|a compass for small boats|a loom that two people can use|a glue made from plants".split("|")
EVENTS = "flood fire earthquake storm drought strike siege plague landslide".split()
USES = "to grind grain|to store water|to carry goods across the valley|to measure the wind|to cool milk|to pump water out of mines|to print newspapers|to heat houses|to sort letters|to dry bricks|to cut timber".split("|")
PARTS = "arches towers floors rooms windows gates bells chambers columns stairs halls".split()
SYMPTOMS = "fever|a dry cough|headaches|a red rash|joint pain|loss of appetite|tiredness|swollen glands|blurred vision|night sweats|muscle cramps".split("|")
COLOURS = "black brown grey white yellow red green blue silver orange".split()


@dataclass
class Fact:
    sentence: str
    asked: list


def syllables(rng, count):
    return "".join(rng.choice(ONSETS) + rng.choice(VOWELS) for _ in range(count)) + (rng.choice(CODAS) if rng.random() < 0.6 else "")


def name(rng, count=None):
    return syllables(rng, count or rng.choice([1, 2, 2])).capitalize()


def place(rng):
    return (syllables(rng, 1).capitalize() + rng.choice(PLACES)) if rng.random() < 0.6 else name(rng, 2)


def person(rng):
    return f"{rng.choice(FIRST)} {name(rng)}"


def year(rng):
    return str(rng.choice([rng.randint(1100, 1799), rng.randint(1800, 1999), rng.randint(2000, 2025)]))


def date(rng):
    return rng.choice([f"in {year(rng)}", f"in {rng.choice(MONTHS)} {year(rng)}", f"on {rng.randint(1, 28)} {rng.choice(MONTHS)} {year(rng)}"])


def number(rng):
    kind = rng.random()
    if kind < 0.35:
        return rng.choice(NUMBERS)
    if kind < 0.6:
        return str(rng.randint(11, 980))
    return f"{rng.randint(1, 95)},{rng.randint(0, 9)}00" if kind < 0.85 else f"about {rng.randint(2, 90)}0"


def several(rng, options, least=2, most=4):
    chosen = rng.sample(options, rng.randint(least, most))
    return chosen[0] if len(chosen) == 1 else ", ".join(chosen[:-1]) + (", and " if len(chosen) > 2 and rng.random() < 0.5 else " and ") + chosen[-1]


# Stand for a number and a date that are drawn anew for each fact: no two facts of a text share theirs.
NUMBER, DATE, PLAIN_DATE, CAPITAL_DATE = "\u0001", "\u0002", "\u0003", "\u0004"


def plain_date(text):
    """A date without its "in"."""
    return PLAIN_DATE if text == DATE else text


def capital(text):
    return CAPITAL_DATE if text == DATE else text[:1].upper() + text[1:]


def filled(one, rng):
    """The fact with its number and date."""
    n, when = number(rng), date(rng)
    plain = when[3:] if when.startswith("in ") else when

    def fill(text):
        text = text.replace(NUMBER, n).replace(DATE, when).replace(CAPITAL_DATE, when[0].upper() + when[1:])
        text = text.replace(PLAIN_DATE, plain).replace("About about", "About").replace("about about", "about")
        return text[:1].upper() + text[1:]

    return Fact(fill(one.sentence), [Asked(a.kind, fill(a.question), fill(a.answer), fill(a.statement)) for a in one.asked])


def fact(sentence, *asked):
    """asked: (kind, question, answer)."""
    return Fact(sentence, [Asked(kind, q, capital(a), sentence) for kind, q, a in asked])


def building(rng):
    kind = rng.choice("bridge mill library station lighthouse church theatre hospital school warehouse museum tower observatory harbour".split())
    town, who, when, material = place(rng), person(rng), DATE, rng.choice(MATERIALS)
    the = rng.choice([f"the {kind} of {town}", f"the {name(rng)} {kind}", f"the old {kind} in {town}", f"the {material} {kind} of {town}"])
    The, n, part, why = capital(the), NUMBER, rng.choice(PARTS), rng.choice(PROBLEMS)
    m, use, other, when2 = NUMBER, rng.choice(USES), rng.choice(EVENTS), DATE
    return the, [
        fact(f"{The} was built {when} by {who}.", ("when", f"When was {the} built?", plain_date(when)), ("what", f"Who built {the}?", who), ("what", f"Who was {the} built by?", who)),
        fact(f"{The} was designed by {who}.", ("what", f"Who designed {the}?", who)),
        fact(f"{The} is made of {material}.", ("what", f"What is {the} made of?", material)),
        fact(f"{The} has {n} {part}.", ("how many", f"How many {part} does {the} have?", n)),
        fact(f"{The} was built because {why}.", ("why", f"Why was {the} built?", f"because {why}")),
        fact(f"{The} was needed because {why}.", ("why", f"Why was {the} needed?", f"because {why}")),
        fact(f"{The} is {m} metres long.", ("how", f"How long is {the}?", f"{m} metres")),
        fact(f"It is {m} metres high.", ("how", f"How high is {the}?", f"{m} metres")),
        fact(f"{The} was used {use}.", ("what", f"What was {the} used for?", use), ("how", f"How was {the} used?", use)),
        fact(f"A {other} damaged {the} {when2}.", ("when", f"When did a {other} damage {the}?", plain_date(when2)), ("what", f"What damaged {the}?", f"a {other}")),
        fact(f"{capital(when2)}, {the} was closed to visitors.", ("when", f"When was {the} closed to visitors?", plain_date(when2))),
        fact(f"The repair of {the} cost {m} crowns.", ("how", f"How much did the repair of {the} cost?", f"{m} crowns")),
        fact(f"Every year {m} people visit {the}.", ("how many", f"How many people visit {the} every year?", m)),
        fact(f"{The} is larger than the {kind} of {place(rng)}.", ("compare", f"How does {the} compare with other places of its kind?", f"{the} is larger")),
    ]


def town(rng):
    the = place(rng)
    river, goods, when, founder = name(rng), several(rng, GOODS), DATE, person(rng)
    n, other, why, event = NUMBER, place(rng), rng.choice(PROBLEMS), rng.choice(EVENTS)
    return the, [
        fact(f"{the} is a {rng.choice(['small', 'large', 'quiet', 'busy'])} town on the river {river}.", ("define", f"What is {the}?", f"a town on the river {river}"), ("where", f"Where is {the}?", f"on the river {river}")),
        fact(f"{the} was founded {when} by {founder}.", ("when", f"When was {the} founded?", plain_date(when)), ("what", f"Who founded {the}?", founder)),
        fact(f"{the} is known for its {goods}.", ("what", f"What is {the} known for?", goods)),
        fact(f"The town exports {goods}.", ("what", f"What does {the} export?", goods)),
        fact(f"About {n} people live in {the}.", ("how many", f"How many people live in {the}?", n)),
        fact(f"{the} lies {NUMBER} kilometres north of {other}.", ("where", f"Where does {the} lie?", f"north of {other}")),
        fact(f"A {event} destroyed much of {the} {when}.", ("what", f"What destroyed much of {the}?", f"a {event}"), ("when", f"When did a {event} destroy much of {the}?", plain_date(when))),
        fact(f"The market of {the} was moved because {why}.", ("why", f"Why was the market of {the} moved?", f"because {why}")),
        fact(f"{the} is older than {other}.", ("compare", f"How does {the} compare with {other}?", f"{the} is older than {other}")),
        fact(f"{the} became a city {when}.", ("when", f"When did {the} become a city?", plain_date(when))),
        fact(f"{founder} was the first mayor of {the}.", ("what", f"Who was the first mayor of {the}?", founder)),
    ]


def biography(rng):
    the, town_, when, field = person(rng), place(rng), DATE, rng.choice(FIELDS)
    last = the.split(" ")[1]
    thing, when2, teacher, n = rng.choice(INVENTIONS), DATE, person(rng), NUMBER
    job = rng.choice("engineer botanist writer painter physician astronomer composer chemist teacher explorer architect lawyer".split())
    an = "an" if job[0] in "aeiou" else "a"
    return the, [
        fact(f"{the} was {an} {job} from {town_}.", ("define", f"Who was {the}?", f"{an} {job} from {town_}"), ("where", f"Where did {the} come from?", town_)),
        fact(f"{the} was born {when} in {town_}.", ("when", f"When was {the} born?", plain_date(when)), ("where", f"Where was {the} born?", f"in {town_}")),
        fact(f"{last} studied {field} with {teacher}.", ("what", f"What did {last} study?", field), ("what", f"Who did {last} study with?", teacher)),
        fact(f"{last} invented {thing} {when2}.", ("what", f"What did {last} invent?", thing), ("when", f"When did {last} invent {thing}?", plain_date(when2))),
        fact(f"{last} left {town_} because {rng.choice(['the war had begun', 'there was no work', 'the university had closed', 'the climate was bad for the lungs', 'a friend had offered a post abroad'])}.",) ,
        fact(f"{last} wrote {n} books about {field}.", ("how many", f"How many books about {field} did {last} write?", n)),
        fact(f"{last} died {when2} in {place(rng)}.", ("when", f"When did {last} die?", plain_date(when2))),
        fact(f"{capital(when2)}, {the} won the {name(rng)} Prize.", ("when", f"When did {the} win the prize?", plain_date(when2))),
        fact(f"The work of {last} was forgotten because it was published in a small journal.", ("why", f"Why was the work of {last} forgotten?", "because it was published in a small journal")),
        fact(f"{teacher} described {last} as patient and exact.", ("what", f"Who described {last} as patient and exact?", teacher), ("how", f"How did {teacher} describe {last}?", "as patient and exact")),
    ]


def creature(rng):
    kind = rng.choice("beetle finch frog lizard moth orchid shrub fern crab otter bat trout sparrow snail lily".split())
    the = rng.choice([f"the {name(rng)} {kind}", f"the {rng.choice(COLOURS)}-backed {kind}", f"the {place(rng)} {kind}"])
    The, food, habitat, n = capital(the), several(rng, FOODS), several(rng, HABITATS, 1, 2), NUMBER
    when, who, region = DATE, person(rng), place(rng)
    return the, [
        fact(f"{The} is a {rng.choice(['rare', 'small', 'common', 'shy'])} {kind} found in {region}.", ("define", f"What is {the}?", f"a {kind} found in {region}"), ("where", f"Where is {the} found?", f"in {region}")),
        fact(f"{The} lives in {habitat}.", ("where", f"Where does {the} live?", f"in {habitat}")),
        fact(f"{The} feeds on {food}.", ("what", f"What does {the} feed on?", food)),
        fact(f"{The} lays {n} eggs a year.", ("how many", f"How many eggs does {the} lay a year?", n)),
        fact(f"{The} was first described {when} by {who}.", ("when", f"When was {the} first described?", plain_date(when)), ("what", f"Who first described {the}?", who)),
        fact(f"{The} is threatened because {rng.choice(['its forests are being cut down', 'the rivers are polluted', 'its food is becoming scarce', 'roads divide its range', 'the winters are too warm'])}.",),
        fact(f"{The} grows to a length of {n} millimetres.", ("how", f"How long does {the} grow?", f"{n} millimetres")),
        fact(f"{The} is active at night.", ("when", f"When is {the} active?", "at night")),
        fact(f"{The} is smaller than the {rng.choice(COLOURS)} {kind}.", ("compare", f"How does {the} compare with similar kinds?", f"{the} is smaller")),
        fact(f"The {rng.choice(COLOURS)} colour of {the} comes from its food.", ("why", f"Where does the colour of {the} come from?", "from its food")),
    ]


def company(rng):
    the = rng.choice([f"{name(rng)} & Sons", f"{name(rng)} Systems", f"the {name(rng)} Company", f"{name(rng)} Foods", f"{name(rng)} Works"])
    The, who, when, town_, goods = capital(the), person(rng), DATE, place(rng), several(rng, GOODS)
    n, rival = NUMBER, f"{name(rng)} Group"
    return the, [
        fact(f"{The} was founded {when} by {who}.", ("when", f"When was {the} founded?", plain_date(when)), ("what", f"Who founded {the}?", who)),
        fact(f"{The} makes {goods}.", ("what", f"What does {the} make?", goods)),
        fact(f"{The} has its main office in {town_}.", ("where", f"Where does {the} have its main office?", f"in {town_}")),
        fact(f"{The} employs {n} people.", ("how many", f"How many people does {the} employ?", n)),
        fact(f"{capital(when)}, {the} was bought by {rival}.", ("what", f"Who bought {the}?", rival), ("when", f"When was {the} bought by {rival}?", plain_date(when))),
        fact(f"{The} closed its factory in {town_} because {rng.choice(['orders were falling', 'rents had risen', 'the machines were worn out', 'the law had changed', 'transport had become too expensive'])}.",),
        fact(f"The new machine of {the} is used {rng.choice(USES)}.",),
        fact(f"Orders are delivered within {rng.choice(NUMBERS)} days.",),
        fact(f"Customers can return {rng.choice(GOODS)} within {n} days of delivery.",),
        fact(f"{The} is larger than {rival}.", ("compare", f"How does {the} compare with {rival}?", f"{the} is larger than {rival}")),
        fact(f"{who} has led {the} since {year(rng)}.", ("what", f"Who has led {the}?", who)),
    ]


def illness(rng):
    the = rng.choice([f"{name(rng)} fever", f"{name(rng)} disease", f"{name(rng)} syndrome"])
    signs, n, organ, who, when = several(rng, SYMPTOMS), NUMBER, rng.choice("liver lungs skin heart kidneys eyes nerves joints blood".split()), person(rng), DATE
    cause = rng.choice(["a virus", "a bacterium", "a parasite", "a lack of vitamin D", "a change in a single gene", "contact with certain plants", "spoiled food", "the bite of a tick"])
    return the, [
        fact(f"{the} is a {rng.choice(['rare', 'common', 'chronic', 'mild'])} disease of the {organ}.", ("define", f"What is {the}?", f"a disease of the {organ}")),
        fact(f"{the} is caused by {cause}.", ("what", f"What is {the} caused by?", cause), ("what", f"What causes {the}?", cause)),
        fact(f"Signs of {the} include {signs}.", ("what", f"What are the signs of {the}?", signs)),
        fact(f"{the} affects {n} people a year.", ("how many", f"How many people does {the} affect a year?", n)),
        fact(f"{the} was first described {when} by {who}.", ("when", f"When was {the} first described?", plain_date(when)), ("what", f"Who first described {the}?", who)),
        fact(f"{the} mainly affects the {organ}.", ("what", f"What does {the} mainly affect?", f"the {organ}")),
        fact(f"{the} is treated with {rng.choice(['rest and fluids', 'antibiotics', 'a special diet', 'surgery', 'steroids', 'regular exercise'])}.",),
        fact(f"{the} is hard to recognize because {rng.choice(['its signs are mild at first', 'it resembles a cold', 'few doctors have seen it', 'blood tests do not show it'])}.",),
        fact(f"Most people recover within {rng.choice(NUMBERS)} weeks.",),
        fact(f"{the} is milder than {name(rng)} disease.",),
    ]


def derive(one):
    """Questions of the facts that are written without them."""
    if one.asked:
        return one
    sentence, body = one.sentence, one.sentence[:-1]
    if " because " in body:
        before, reason = body.split(" because ", 1)
        words = before.split(" ")
        for at, word in enumerate(words):
            if word in ("is", "was", "were", "are"):
                subject = " ".join(words[:at])
                subject = subject[0].lower() + subject[1:] if subject.startswith(("The ", "A ")) else subject
                one.asked.append(Asked("why", f"Why {word} {subject} {' '.join(words[at + 1:])}?", f"Because {reason}", sentence))
                break
        else:
            for verb, base in (("left", "leave"), ("closed", "close")):
                if f" {verb} " in before:
                    subject, rest = before.split(f" {verb} ", 1)
                    subject = subject[0].lower() + subject[1:] if subject.startswith(("The ", "A ")) else subject
                    one.asked.append(Asked("why", f"Why did {subject} {base} {rest}?", f"Because {reason}", sentence))
    elif " is treated with " in body:
        subject, rest = body.split(" is treated with ", 1)
        one.asked.append(Asked("how", f"How is {subject} treated?", f"With {rest}", sentence))
        one.asked.append(Asked("what", f"What is {subject} treated with?", capital(rest), sentence))
    elif " is used " in body:
        subject, rest = body.split(" is used ", 1)
        subject = subject[0].lower() + subject[1:]
        one.asked.append(Asked("what", f"What is {subject} used for?", capital(rest), sentence))
    elif body.startswith("Orders are delivered within "):
        one.asked.append(Asked("how", "How quickly are orders delivered?", f"Within {body.split('within ')[1]}", sentence))
    elif body.startswith("Customers can return "):
        goods, time = body[len("Customers can return ") :].split(" within ", 1)
        one.asked.append(Asked("how", f"How long do customers have to return {goods}?", f"Within {time}", sentence))
        one.asked.append(Asked("what", f"What can customers return within {time}?", capital(goods), sentence))
    elif body.startswith("Most people recover within "):
        one.asked.append(Asked("how", "How quickly do most people recover?", f"Within {body.split('within ')[1]}", sentence))
    elif " is milder than " in body:
        subject, other = body.split(" is milder than ", 1)
        one.asked.append(Asked("compare", f"How does {subject} compare with {other}?", body, sentence))
    return one


KINDS = [building, town, biography, creature, company, illness]


def made_up(rng):
    """A text of one to three paragraphs, and its facts in order."""
    chosen = []
    texts = []
    for _ in range(rng.choices([1, 2, 3], [6, 3, 1])[0]):
        _the, facts = rng.choice(KINDS)(rng)
        # A beginning "It" needs something before it.
        facts = [derive(filled(one, rng)) for one in rng.sample(facts, rng.randint(3, min(8, len(facts))))]
        if facts[0].sentence.startswith("It "):
            facts = facts[1:]
        chosen += facts
        texts.append(" ".join(one.sentence for one in facts))
    return "\n\n".join(texts), chosen
