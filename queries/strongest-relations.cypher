// The relations between concepts that most papers support.
//
// in   relation: string = ""     only this type, as USED_FOR; empty for all
// in   min_papers: integer = 2   fewest papers behind a relation
// in   limit: integer = 30       most rows to return
// out  from: string              name of the concept the relation starts at
// out  relation: string          its type
// out  to: string                name of the concept it ends at
// out  papers: integer           papers behind it
// out  confidence: float         how sure it is, in [0, 1]
// out  sentence: string          a sentence that says so
MATCH (a:Concept)-[r]->(b:Concept)
WHERE r.papers >= $min_papers AND ($relation = '' OR type(r) = toUpper($relation))
RETURN a.name AS from, type(r) AS relation, b.name AS to,
       r.papers AS papers, r.confidence AS confidence, r.sentences[0] AS sentence
ORDER BY papers DESC, confidence DESC, a.id, relation, b.id
LIMIT $limit
