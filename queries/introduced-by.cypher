// The papers that name a concept as their own contribution, earliest first; those without a year come last.
//
// in   concept: concept          concept, as id, name or alias
// in   limit: integer = 20       most rows to return
// out  id: string                id of the paper
// out  title: string             its title
// out  published: string         when it appeared, as exact as known; null where unknown
// out  confidence: float         how sure it is, in [0, 1]
// out  sentence: string          the sentence that names the concept
MATCH (c:Concept {id: $concept})<-[r:INTRODUCES]-(p:Paper)
RETURN p.id AS id, p.title AS title, p.published AS published,
       r.confidence AS confidence, r.sentences[0] AS sentence
ORDER BY coalesce(p.year, 9999), coalesce(published, ''), id
LIMIT $limit
