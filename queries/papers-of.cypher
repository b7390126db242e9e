// The papers that name a concept, what role it has in each and the sentence, newest first; those without a year come last.
//
// in   concept: concept          concept, as id, name or alias
// in   role: string = ""         only this role: INTRODUCES, USES, ADDRESSES, EVALUATES_ON, COMPARES, STUDIES or MENTIONS
// in   limit: integer = 50       most rows to return
// out  id: string                id of the paper
// out  title: string             its title
// out  published: string         when it appeared, as exact as known; null where unknown
// out  role: string              what the concept is to the paper
// out  confidence: float         how sure that is, in [0, 1]
// out  sentence: string          the first sentence that names it
MATCH (c:Concept {id: $concept})<-[r]-(p:Paper)
WHERE $role = '' OR type(r) = toUpper($role)
RETURN p.id AS id, p.title AS title, p.published AS published, type(r) AS role,
       r.confidence AS confidence, r.sentences[0] AS sentence
ORDER BY coalesce(p.year, 0) DESC, coalesce(published, '') DESC, id, role
LIMIT $limit
