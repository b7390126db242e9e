// What a concept is compared with, in either direction, best supported first.
//
// in   concept: concept          concept, as id, name or alias
// in   limit: integer = 20       most rows to return
// out  id: string                id of the other concept
// out  name: string              its name
// out  favoured: boolean         whether the comparison is drawn from the concept asked about, the one favoured
// out  papers: integer           papers that compare the two
// out  confidence: float         how sure it is, in [0, 1]
// out  sentence: string          a sentence that compares them
MATCH (c:Concept {id: $concept})-[r:COMPARED_WITH]-(other:Concept)
RETURN other.id AS id, other.name AS name, startNode(r).id = $concept AS favoured,
       r.papers AS papers, r.confidence AS confidence, r.sentences[0] AS sentence
ORDER BY papers DESC, confidence DESC, id, favoured DESC
LIMIT $limit
